//! Whose turn it is: requests of the foreground first, then messages of other sessions,
//! then one step of the background job. The
//! worker and the native tests share this loop.

use std::cell::RefCell;

use super::{Inbox, Message, Reply, Session};

/// Carries out the next waiting request or, when none waits, one step of the job under way, and
/// gives the replies; `None` when there is nothing to do. The inbox is borrowed only briefly, so
/// that requests can be pushed at a yield point.
pub async fn turn(session: &mut Session, inbox: &RefCell<Inbox>) -> Option<Vec<Message<Reply>>> {
    let request = inbox.borrow_mut().begin();
    if request.is_none() {
        #[cfg(feature = "run")]
        let heard = inbox.borrow_mut().next_heard();
        #[cfg(feature = "run")]
        if let Some((peer, message)) = heard {
            session.hear(peer, &message).await;
            return Some(Vec::new());
        }
    }
    let replies = match (request, session.job()) {
        (Some(request), _) => session.answer(request).await,
        (None, Some(job)) => {
            inbox.borrow_mut().begin_step(job);
            session.step().await
        }
        (None, None) => return None,
    };
    inbox.borrow_mut().finish();
    Some(replies)
}
