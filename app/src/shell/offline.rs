//! The offline copy of the lab, and the announcement of a newer version.

use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::bytes;
use state::site::Newer;
use state::site::Offline;

/// Announces a newer version, which is installed only when the user accepts it.
pub fn newer(lab: Lab) -> AnyView {
    let notice = move || {
        let words = match lab.site.newer().get() {
            Newer::None => return None,
            Newer::Waiting => "A newer version of the lab is ready: reload when it suits you.",
            Newer::Wanted => "The newer version is being opened.",
            Newer::Active => {
                "A newer version of the lab was opened in another tab: reload this one when it \
                 suits you."
            }
        };
        Some(view! {
            <p class="message notice" data-testid="newer">
                <span>{words}</span>
                <button type="button" on:click=move |_| lab.take_newer()>"Reload"</button>
            </p>
        })
    };
    // Mounted from the start, because screen readers announce changes of existing live regions
    // only.
    view! { <div role="status">{notice}</div> }.into_any()
}

/// The state of the offline copy, a button to download all of it, and the licences.
pub fn kept(lab: Lab) -> AnyView {
    lab.ask_kept();
    let words = move || match lab.site.offline().get() {
        Offline::Unknown => "The lab is being stored for use without a network.".to_owned(),
        Offline::Unable(why) => format!("The lab cannot be used without a network here: {why}."),
        Offline::Kept { kept, all, .. } if kept == all => {
            format!("All of the lab is on this machine ({}).", bytes(all))
        }
        Offline::Kept { kept, all, .. } => format!(
            "The lab opens without a network: {} of {} are on this machine. The rest is kept when \
             it is first used.",
            bytes(kept),
            bytes(all)
        ),
    };
    let partly = Memo::new(move |_| {
        lab.site
            .offline()
            .with(|offline| matches!(offline, Offline::Kept { kept, all, .. } if kept < all))
    });
    let version = move || match lab.site.offline().get() {
        Offline::Kept { version, .. } => format!("Version {version}."),
        Offline::Unknown | Offline::Unable(_) => String::new(),
    };
    view! {
        <p class="hint" data-testid="kept">{words}</p>
        <div class="tools" hidden=move || !partly.get()>
            <button
                type="button"
                data-testid="keep-all"
                disabled=move || lab.site.keeping().get()
                on:click=move |_| lab.keep_all()
            >
                "Keep all of it"
            </button>
        </div>
        <p class="hint">
            // Digits of its hash are no number of a language.
            <span data-testid="version" translate="no">{version}</span>
            " Nothing you draw, open or build leaves this machine. "
            <a href="NOTICE.txt">"What is shipped"</a>
            ", "
            <a href="LICENSES.txt">"licences"</a>
            "."
        </p>
    }
    .into_any()
}
