/// Methods that give read access to private signals of a part.
macro_rules! readable {
    ($part:ident { $($(#[$doc:meta])* $name:ident: $value:ty),* $(,)? }) => {
        impl $part {
            $(
                $(#[$doc])*
                pub fn $name(self) -> ::reactive_graph::signal::ReadSignal<$value> {
                    self.$name.read_only()
                }
            )*
        }
    };
}

/// Sets a signal only if the value differs, so that its subscribers do not run without need.
pub(crate) fn set_if_changed<T>(signal: reactive_graph::signal::RwSignal<T>, value: T)
where
    T: PartialEq + Send + Sync + 'static,
{
    use reactive_graph::traits::{Set, WithUntracked};
    if signal.with_untracked(|now| *now != value) {
        signal.set(value);
    }
}
