//! The lab's page.

mod answer;
mod app;
mod card;
mod compare;
mod editor;
mod format;
mod frames;
mod graph_view;
mod input;
mod inspector;
mod keep;
mod lab;
mod later;
mod maps;
mod network;
mod parts;
mod root;

use std::time::Duration;

use leptos::prelude::*;

fn main() {
    console_error_panic_hook::set_once();
    // In a task of its own, after the one in which the program was made ready.
    set_timeout(start, Duration::ZERO);
}

fn start() {
    mount_to_body(app::App);
    // What the page said while it was loading.
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
}
