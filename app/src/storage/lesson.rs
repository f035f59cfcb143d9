//! A lesson has a network and an input of its own. The person's work is written, held in memory while
//! the lesson is open, and put back; autosave writes nothing of a lesson, so a reload opens the work.

use std::cell::RefCell;

use state::learn::lessons::Lesson;
use wasm_bindgen_futures::spawn_local;

use crate::lab::{Lab, Work};

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

impl Lab {
    /// Opens a lesson of this title.
    pub fn begin_lesson(self, lesson: &'static Lesson, title: String) {
        if self.train.is_busy() {
            return self.notices.tell(
                "A training is under way. Pause or stop it in Train, then open the lesson.".into(),
            );
        }
        spawn_local(async move {
            if !self.learn.is_away() {
                self.write_all().await;
            }
            match lesson.start.experiment(&title) {
                Ok(experiment) => {
                    if !self.learn.is_away() {
                        WORK.replace(Some(self.hold_work()));
                    }
                    self.learn.enter(Some(lesson.id));
                    self.put_lesson(lesson, &experiment);
                }
                Err(error) => self
                    .notices
                    .tell(format!("The lesson cannot be opened: {error}.")),
            }
        });
    }

    /// Closes the lesson that is open, if any, and puts the person's work back.
    pub fn leave_lesson(self) {
        if let Some(work) = WORK.take() {
            self.give_work_back(work);
            self.learn.enter(None);
            self.touched();
        }
    }
}
