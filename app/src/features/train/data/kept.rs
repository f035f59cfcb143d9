//! A shipped set kept on this machine, for use offline.

use leptos::prelude::*;
use state::data::SetInfo;

use crate::lab::Lab;
use crate::ui::format::bytes;

/// How much of the set is kept, and the button that keeps the rest.
pub fn keep(lab: Lab, chosen: Memo<Option<SetInfo>>) -> AnyView {
    let folder = Memo::new(move |_| {
        let set = chosen.with(|info| info.as_ref()?.origin.shipped())?;
        Some(set.folder())
    });
    // What is fetched is kept at once.
    let loading = Memo::new(move |_| lab.data.progress().with(Option::is_some));
    Effect::new(move |_| {
        if folder.get().is_some() && !loading.get() {
            lab.ask_kept();
        }
    });
    let kept = Memo::new(move |_| {
        let folder = folder.get()?;
        lab.site.kept_of(folder)
    });
    let view = move || {
        let (kept, all) = kept.get()?;
        if kept == all {
            return Some(view! { <p class="hint">"Available offline."</p> }.into_any());
        }
        let keep = move |_| {
            if let Some(folder) = folder.get_untracked() {
                lab.keep_folder(folder);
            }
        };
        Some(
            view! {
                <button
                    type="button"
                    class="quiet"
                    data-testid="keep-data"
                    disabled=move || lab.site.keeping().get()
                    on:click=keep
                >
                    {match kept {
                        0 => format!("Download for offline use ({})", bytes(all)),
                        _ => format!("Download the rest for offline use ({})", bytes(all - kept)),
                    }}
                </button>
            }
            .into_any(),
        )
    };
    view! { <div role="status">{view}</div> }.into_any()
}
