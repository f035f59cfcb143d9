//! The photo beside the record.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use state::input::Photo as Picture;

/// A stored photo: a list of name, original size, size, bytes, key and whether it was turned.
pub(super) fn kept_picture(picture: &Picture, mark: &str) -> JsValue {
    let sides = [
        picture.original.0,
        picture.original.1,
        picture.width,
        picture.height,
    ];
    let list = Array::of1(&picture.name.as_str().into());
    for side in sides {
        list.push(&side.into());
    }
    list.push(&Uint8Array::from(picture.rgba.as_slice()));
    list.push(&mark.into());
    list.push(&picture.turned.into());
    list.into()
}

/// Whether a stored photo has this key.
pub(super) fn is_marked(kept: &JsValue, mark: &str) -> bool {
    let list: Option<&Array> = kept.dyn_ref();
    list.is_some_and(|list| list.get(6).as_string().as_deref() == Some(mark))
}

/// Reads a stored photo; `None` if it is damaged.
pub(super) fn picture(kept: &JsValue) -> Option<Picture> {
    let list: &Array = kept.dyn_ref()?;
    let side = |at: u32| Some(list.get(at).as_f64()? as u32);
    let rgba: Uint8Array = list.get(5).dyn_into().ok()?;
    let (width, height) = (side(3)?, side(4)?);
    let complete = u64::from(rgba.length()) == u64::from(width) * u64::from(height) * 4;
    complete.then_some(Picture {
        number: 0,
        name: list.get(0).as_string()?,
        stem: None,
        original: (side(1)?, side(2)?),
        turned: list.get(7).is_truthy(),
        width,
        height,
        rgba: rgba.to_vec(),
    })
}
