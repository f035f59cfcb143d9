//! The classes of the last layer, with their shares of the latest answer.

use leptos::prelude::*;
use state::answer::top;
use state::stages::{Cells, Rect};

use super::super::paint::{SCORE, px};
use super::super::picture::Picture;

/// The name and the share of each class, beside its score.
pub fn class_bars(picture: Picture, cells: Cells) -> AnyView {
    let lab = picture.lab;
    let reading = lab.answer.reading;
    let top = Memo::new(move |_| reading.with(|it| it.as_ref().and_then(|it| it.best)));
    let row = move |class: usize| {
        let share = move || {
            let share = reading.with(|it| it.as_ref()?.shares.get(class).copied());
            share.unwrap_or_default()
        };
        let name = move || {
            lab.answer
                .names
                .with(|names| names.of(class).trim_start_matches("output ").to_owned())
        };
        view! {
            <li data-top=move || (top.get() == Some(class)).then_some("true")>
                <span class="class-name" translate="no">{name}</span>
                <i class="score"></i>
                <span class="class-bar"><i style:width=move || format!("{}%", (share() * 100.0).clamp(0.0, 100.0))></i></span>
            </li>
        }
    };
    let Rect {
        x,
        y,
        width,
        height,
    } = cells.rect;
    view! {
        <ol
            class="class-rows"
            aria-hidden="true"
            style:left=px(x)
            style:top=px(y)
            style:width=px(width)
            style:height=px(height)
            style:--score=px(SCORE)
        >
            {(0..cells.rows as usize).map(row).collect_view()}
        </ol>
    }
    .into_any()
}

/// The likeliest of many classes.
pub fn likeliest(picture: Picture, cells: Cells) -> AnyView {
    let lab = picture.lab;
    let reading = lab.answer.reading;
    let shares = Memo::new(move |_| {
        reading.with(|it| {
            let shares = it
                .as_ref()
                .map(|it| it.shares.as_slice())
                .unwrap_or_default();
            let top = top(shares, cells.rows as usize).into_iter();
            top.map(|class| (class, shares[class])).collect::<Vec<_>>()
        })
    });
    let row = move |at: usize| {
        let share = move || shares.with(|shares| shares.get(at).map_or(0.0, |it| it.1)) * 100.0;
        let name = move || {
            let class = shares.with(|shares| shares.get(at).map(|it| it.0))?;
            Some(lab.answer.names.with(|names| names.of(class)))
        };
        view! {
            <li data-top=(at == 0).then_some("true")>
                <span class="class-name" translate="no">{name}</span>
                <span>{move || format!("{:.0} %", share())}</span>
                <span class="class-bar"><i style:width=move || format!("{}%", share())></i></span>
            </li>
        }
    };
    let Rect {
        x,
        y,
        width,
        height,
    } = cells.rect;
    view! {
        <ol
            class="class-rows likeliest"
            style:left=px(x)
            style:top=px(y)
            style:width=px(width)
            style:height=px(height)
        >
            {(0..cells.rows as usize).map(row).collect_view()}
        </ol>
    }
    .into_any()
}
