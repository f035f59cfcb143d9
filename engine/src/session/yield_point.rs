//! Points between two nodes of a pass at which other work may run and the pass may be stopped.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::CancelReason;

/// A future of why the pass must stop, after other work has run; `None` to continue.
pub type Verdict = Pin<Box<dyn Future<Output = Option<CancelReason>>>>;

/// Called after every node of a pass. The default one does nothing.
#[derive(Clone, Default)]
pub struct YieldPoint(Option<Rc<dyn Fn() -> Verdict>>);

impl YieldPoint {
    /// Calls `yields` after every node; it decides how often to yield the thread.
    pub fn new(yields: impl Fn() -> Verdict + 'static) -> Self {
        Self(Some(Rc::new(yields)))
    }

    /// # Errors
    /// Why the pass is to stop, when it is.
    pub(crate) async fn reached(&self) -> Result<(), CancelReason> {
        let Some(yields) = &self.0 else {
            return Ok(());
        };
        yields().await.map_or(Ok(()), Err)
    }
}

impl fmt::Debug for YieldPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let yields = self.0.is_some();
        formatter.debug_tuple("YieldPoint").field(&yields).finish()
    }
}
