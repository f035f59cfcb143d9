//! Signals that others read and their owner writes.

use std::panic::Location;

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{DefinedAt, IsDisposed, ReadUntracked, Set, Track, WithUntracked};
use reactive_graph::wrappers::read::Signal;

/// Read access to a signal. Copied freely: unlike [`RwSignal::read_only`] it makes nothing new, which
/// would live as long as whoever asked.
pub struct ReadOnly<T: 'static>(RwSignal<T>);

impl<T: 'static> Clone for ReadOnly<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for ReadOnly<T> {}

impl<T: 'static> DefinedAt for ReadOnly<T> {
    fn defined_at(&self) -> Option<&'static Location<'static>> {
        self.0.defined_at()
    }
}

impl<T: Send + Sync + 'static> IsDisposed for ReadOnly<T> {
    fn is_disposed(&self) -> bool {
        self.0.is_disposed()
    }
}

impl<T: Send + Sync + 'static> Track for ReadOnly<T> {
    #[track_caller]
    fn track(&self) {
        self.0.track();
    }
}

impl<T: Send + Sync + 'static> ReadUntracked for ReadOnly<T> {
    type Value = <RwSignal<T> as ReadUntracked>::Value;

    #[track_caller]
    fn try_read_untracked(&self) -> Option<Self::Value> {
        self.0.try_read_untracked()
    }
}

impl<T: Send + Sync + 'static> From<RwSignal<T>> for ReadOnly<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self(signal)
    }
}

impl<T: Send + Sync + 'static> From<ReadOnly<T>> for Signal<T> {
    fn from(signal: ReadOnly<T>) -> Self {
        signal.0.into()
    }
}

/// Methods that give read access to private signals of a part.
macro_rules! readable {
    ($part:ident { $($(#[$doc:meta])* $name:ident: $value:ty),* $(,)? }) => {
        impl $part {
            $(
                $(#[$doc])*
                pub fn $name(self) -> $crate::signals::ReadOnly<$value> {
                    self.$name.into()
                }
            )*
        }
    };
}

/// Sets a signal only if the value differs, so that its subscribers do not run without need.
pub(crate) fn set_if_changed<T>(signal: RwSignal<T>, value: T)
where
    T: PartialEq + Send + Sync + 'static,
{
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}
