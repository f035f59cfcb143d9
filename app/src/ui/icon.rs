//! The pictures of buttons: strokes in a square of 16 × 16 in the text's colour.

use leptos::prelude::*;
use state::screen::Area;

/// What a picture stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Undo,
    Redo,
    Share,
    More,
    Close,
    Down,
    Up,
    Next,
    Previous,
    Pen,
    Bin,
    Network,
    Build,
    Train,
    Compare,
    Learn,
    Folder,
    Chip,
    Warning,
    Picture,
    Camera,
    Back,
    Forward,
    Search,
    Plus,
    Minus,
    Link,
    Check,
    Warn,
    Help,
    Unfold,
    Fold,
    List,
    Play,
    Pause,
    Stop,
    Locked,
    Open,
    Dice,
    Clock,
    Shrink,
    Attack,
    Deploy,
}

impl Icon {
    /// The picture of an area.
    pub const fn of(area: Area) -> Self {
        match area {
            Area::Look => Self::Network,
            Area::Build => Self::Build,
            Area::Shrink => Self::Shrink,
            Area::Attack => Self::Attack,
            Area::Deploy => Self::Deploy,
            Area::Train => Self::Train,
            Area::Compare => Self::Compare,
            Area::Learn => Self::Learn,
        }
    }

    /// Its strokes, as the path of an SVG.
    const fn path(self) -> &'static str {
        match self {
            Self::Clock => "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3l2 1.5",
            Self::Shrink => "M2.5 2.5 7 7M7 3.5V7H3.5M13.5 13.5 9 9M9 12.5V9h3.5",
            Self::Attack => {
                "M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4"
            }
            Self::Deploy => "M8 10V2.5M5 5.5l3-3 3 3M2.5 9v4.5h11V9",
            Self::Play => "M5 3.5v9l7-4.5z",
            Self::Pause => "M5.5 3.5v9M10.5 3.5v9",
            Self::Stop => "M4.5 4.5h7v7h-7z",
            Self::Locked => "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
            Self::Open => "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1",
            Self::Dice => {
                "M3 3h10v10H3zM5.8 5.8h.01M8 8h.01M10.2 10.2h.01M10.2 5.8h.01M5.8 10.2h.01"
            }
            Self::Undo => "M5.5 3 2.5 6l3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6",
            Self::Redo => "m10.5 3 3 3-3 3M13.5 6h-7a3.5 3.5 0 0 0 0 7H10",
            Self::Share => "M8 10V2.5M5 5l3-3 3 3M3 8v5.5h10V8",
            Self::More => "M3 8h.01M8 8h.01M13 8h.01",
            Self::Close => "m3.5 3.5 9 9m0-9-9 9",
            Self::Down => "m4 6 4 4 4-4",
            Self::Up => "m4 10 4-4 4 4",
            Self::Next => "m6 4 4 4-4 4",
            Self::Previous => "M10 4 6 8l4 4",
            Self::Pen => "m2.5 13.5.7-3 8-8 2.3 2.3-8 8zM9.5 4.2l2.3 2.3",
            Self::Bin => "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5",
            Self::Network => {
                "M5 8h2.5l3.5-3.5M7.5 8l3.5 3.5M2 6.5h3v3H2zM11 3h3v3h-3zM11 10h3v3h-3z"
            }
            Self::Build => {
                "M2.5 2.5h4.5v4.5H2.5zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9zM11.2 2.5V7M9 4.7h4.5"
            }
            Self::Train => "M9 1.5 3.5 9H7l-.5 5.5L12.5 7H9z",
            Self::Compare => "M3 13.5V7M8 13.5v-11M13 13.5V9.5",
            Self::Learn => {
                "M8 4C6.5 2.8 4.5 2.5 2 2.5v10c2.5 0 4.5.3 6 1.5 1.5-1.2 3.5-1.5 6-1.5v-10c-2.5 0-4.5.3-6 1.5zM8 4v10"
            }
            Self::Warning => "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.01",
            Self::Picture => "M2.5 3.5h11v9h-11zM2.5 10.5l3-3 2.5 2.5 2-2 3.5 3.5M10.5 6h.01",
            Self::Camera => {
                "M2 5h3l1-1.5h4L11 5h3v8H2zM10.3 8.8a2.3 2.3 0 1 1-4.6 0 2.3 2.3 0 0 1 4.6 0z"
            }
            Self::Back => "M8 4 4 8l4 4M12 4 8 8l4 4",
            Self::Forward => "m4 4 4 4-4 4M8 4l4 4-4 4",
            Self::Search => "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3l3.2 3.2",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Minus => "M3 8h10",
            Self::Link => {
                "M6.5 9.5l3-3M7 4.8l1.6-1.6a2.9 2.9 0 0 1 4.2 4.2L11.2 9M9 11.2l-1.6 1.6a2.9 2.9 0 0 1-4.2-4.2L4.8 7"
            }
            Self::Check => "m3 8.5 3.2 3.2L13 4.8",
            Self::Warn => "M8 2.5 14.3 13.5H1.7zM8 6.5v3.5M8 11.8h.01",
            Self::Help => "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 11.8h.01",
            Self::Unfold => "M6 5 3 8l3 3M10 5l3 3-3 3M3 8h10",
            Self::Fold => "M3 5l3 3-3 3M13 5l-3 3 3 3",
            Self::List => "M6 4h8M6 8h8M6 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
            Self::Folder => "M2 12.5v-9h4.5L8 5h6v7.5z",
            Self::Chip => {
                "M4 4h8v8H4zM6 2v2M10 2v2M6 12v2M10 12v2M2 6h2M2 10h2M12 6h2M12 10h2M6.5 6.5h3v3h-3z"
            }
        }
    }
}

/// The picture; the button around it has a name.
pub fn icon(icon: Icon) -> AnyView {
    view! {
        <svg class="ic" class:bold=icon == Icon::More viewBox="0 0 16 16" aria-hidden="true">
            <path d=icon.path()></path>
        </svg>
    }
    .into_any()
}
