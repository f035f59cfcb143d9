//! The payload of a command as a network's input.

use super::{Ended, Failure, Input, InputStep, Session, StepPicture};
use crate::data::{DigitNote, PreparedPicture, RgbPicture, Step, prepare, prepare_picture};

/// An input as the network takes it.
pub(super) struct Prepared {
    pub input: Vec<f32>,
    pub steps: Vec<StepPicture>,
    /// The steps' pictures, one after the other.
    pub pictures: Vec<f32>,
    pub note: Option<DigitNote>,
}

impl Session {
    pub(super) fn prepare(&self, input: Input, payload: &[u8]) -> Result<Prepared, Ended> {
        let target = self.graph()?.input();
        let (mut steps, mut pictures) = (Vec::new(), Vec::new());
        let mut append = |step, channels: u32, [width, height]: [usize; 2], values: &[f32]| {
            let offset = pictures.len();
            pictures.extend_from_slice(values);
            steps.push(StepPicture {
                step,
                channels,
                width: width as u32,
                height: height as u32,
                offset,
            });
        };
        let mut note = None;
        let input = match input {
            Input::Drawing {
                width,
                height,
                recipe,
            } => {
                let prepared = prepare(payload, width as usize, height as usize, recipe, target)?;
                for (step, picture) in &prepared.steps {
                    let size = [picture.width, picture.height];
                    append(InputStep::Drawing(*step), 1, size, &picture.values);
                }
                prepared.input
            }
            Input::Photo {
                width,
                height,
                means,
            } => {
                let size = [width as usize, height as usize];
                let mut append_colour = |step, picture: &RgbPicture| {
                    let levels: Vec<f32> = picture.levels.iter().map(|&it| f32::from(it)).collect();
                    append(step, 3, [picture.width, picture.height], &levels);
                };
                match prepare_picture(payload, size[0], size[1], means, target)? {
                    PreparedPicture::Photo(photo) => {
                        for (step, picture) in &photo.steps {
                            append_colour(InputStep::Photo(*step), picture);
                        }
                        photo.input
                    }
                    PreparedPicture::Digit(digit) => {
                        append_colour(InputStep::Drawing(Step::Paper), &digit.paper);
                        for (step, picture) in &digit.steps {
                            let size = [picture.width, picture.height];
                            append(InputStep::Drawing(*step), 1, size, &picture.values);
                        }
                        note = digit.note;
                        digit.input
                    }
                }
            }
            Input::Values => {
                let values = values(payload)?;
                let (got, wanted) = (values.len(), target.elements() as usize);
                // The network would take several pictures at once, but its answer is of one.
                if got != wanted {
                    let shape = target;
                    return Err(Failure::Input { got, wanted, shape }.into());
                }
                values
            }
            Input::Last => {
                note = self.note;
                self.last_input()?
            }
        };
        Ok(Prepared {
            input,
            steps,
            pictures,
            note,
        })
    }

    /// The last input that was run, or a blank one.
    pub(super) fn last_input(&self) -> Result<Vec<f32>, Ended> {
        let length = self.graph()?.input().elements() as usize;
        let last = self.input.clone().filter(|last| last.len() == length);
        Ok(last.unwrap_or_else(|| vec![0.0; length]))
    }

    #[cfg(feature = "run")]
    pub(super) fn input_of(&self, input: Input, payload: &[u8]) -> Result<Vec<f32>, Ended> {
        Ok(self.prepare(input, payload)?.input)
    }
}

/// A payload's values.
pub(super) fn values(payload: &[u8]) -> Result<Vec<f32>, Ended> {
    let (chunks, rest) = payload.as_chunks::<4>();
    if !rest.is_empty() {
        let bytes = payload.len();
        return Err(Failure::NotValues { bytes }.into());
    }
    let values = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Ok(values.collect())
}
