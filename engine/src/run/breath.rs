//! Pauses in a long pass.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::NetworkError;

/// Whether the pass is still wanted, said when others have had the thread.
pub type StillWanted = Pin<Box<dyn Future<Output = bool>>>;

/// Gives the thread to others between two nodes of a pass and learns whether the pass is still
/// wanted. The usual one never pauses.
#[derive(Clone, Default)]
pub struct Breath(Option<Rc<dyn Fn() -> StillWanted>>);

impl Breath {
    /// Pauses as `pause` does; it is called behind every node and decides how often is enough.
    pub fn new(pause: impl Fn() -> StillWanted + 'static) -> Self {
        Self(Some(Rc::new(pause)))
    }

    /// # Errors
    /// [`NetworkError::Stopped`] when nobody wants the pass any more.
    pub(super) async fn take(&self) -> Result<(), NetworkError> {
        match &self.0 {
            Some(pause) if !pause().await => Err(NetworkError::Stopped),
            Some(_) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Breath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pauses = self.0.is_some();
        formatter.debug_tuple("Breath").field(&pauses).finish()
    }
}
