//! What the browser offers for WebGPU. Read property by property, because web-sys has WebGPU only
//! behind a compiler flag.

use engine::session::Adapter;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What an adapter says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Info {
    vendor: String,
    architecture: String,
    description: String,
    fallback: bool,
    timestamps: bool,
}

/// Renderers that compute on the CPU: SwiftShader (Chromium), llvmpipe and lavapipe (Mesa), WARP
/// (Windows).
const SOFTWARE: [&str; 5] = [
    "swiftshader",
    "llvmpipe",
    "lavapipe",
    "warp",
    "basic render",
];

/// Why this site has no WebGPU engine, as `cargo xtask` writes it into the page; `None` where it has.
pub fn missing_engine() -> Option<String> {
    document()
        .document_element()?
        .get_attribute("data-no-webgpu")
}

/// Asks the browser.
pub async fn probe() -> Adapter {
    let window = window();
    if !window.is_secure_context() {
        return Adapter::InsecurePage;
    }
    let Some(gpu) = property(&window.navigator(), "gpu") else {
        return Adapter::NoWebGpu;
    };
    let Some(request) = property(&gpu, "requestAdapter") else {
        return Adapter::NoWebGpu;
    };
    let asked = request.unchecked_into::<Function>().call0(&gpu);
    let Ok(Ok(promise)) = asked.map(JsCast::dyn_into::<Promise>) else {
        return Adapter::None;
    };
    match JsFuture::from(promise).await {
        Ok(adapter) if adapter.is_truthy() => classify(&describe(&adapter)),
        Ok(_) | Err(_) => Adapter::None,
    }
}

fn describe(adapter: &JsValue) -> Info {
    let info = property(adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let text = |name| {
        property(&info, name)
            .and_then(|text| text.as_string())
            .unwrap_or_default()
    };
    let is = |object, name| property(object, name).is_some_and(|value| value.is_truthy());
    let timestamps = property(adapter, "features").is_some_and(|features| {
        property(&features, "has")
            .map(JsCast::unchecked_into::<Function>)
            .and_then(|has| has.call1(&features, &"timestamp-query".into()).ok())
            .is_some_and(|has| has.is_truthy())
    });
    Info {
        vendor: text("vendor"),
        architecture: text("architecture"),
        description: text("description"),
        // Older browsers have it on the adapter, newer ones in its info.
        fallback: is(adapter, "isFallbackAdapter") || is(&info, "isFallbackAdapter"),
        timestamps,
    }
}

/// A property, when it is there.
fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

fn classify(info: &Info) -> Adapter {
    let name = name(info);
    if !info.timestamps {
        return Adapter::NoTimestamps { name };
    }
    let described = format!("{} {}", info.architecture, info.description).to_lowercase();
    if info.fallback || SOFTWARE.iter().any(|software| described.contains(software)) {
        return Adapter::Software { name };
    }
    Adapter::Real { name }
}

fn name(info: &Info) -> String {
    let parts = [&info.vendor, &info.architecture, &info.description];
    let mut name = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        // A description often begins with the vendor and names the architecture again.
        if name.to_lowercase().contains(&part.to_lowercase()) {
            continue;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(part);
    }
    if name.is_empty() {
        "without a name".into()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vendor: &str, architecture: &str, description: &str) -> Info {
        Info {
            vendor: vendor.into(),
            architecture: architecture.into(),
            description: description.into(),
            fallback: false,
            timestamps: true,
        }
    }

    #[test]
    fn swiftshader_is_software_as_chromium_reports_it() {
        let found = classify(&info("google", "swiftshader", ""));
        assert_eq!(
            found,
            Adapter::Software {
                name: "google swiftshader".into()
            }
        );
    }

    #[test]
    fn mesa_s_software_renderer_is_known_by_its_description() {
        let found = classify(&info("mesa", "", "llvmpipe (LLVM 15.0.6, 256 bits)"));
        assert!(matches!(found, Adapter::Software { .. }));
    }

    #[test]
    fn a_fallback_adapter_is_software_whatever_its_name() {
        let found = classify(&Info {
            fallback: true,
            ..info("intel", "gen-12lp", "")
        });
        assert!(matches!(found, Adapter::Software { .. }));
    }

    #[test]
    fn a_gpu_is_real_and_needs_timestamps() {
        let gpu = info("nvidia", "ampere", "");
        assert_eq!(
            classify(&gpu),
            Adapter::Real {
                name: "nvidia ampere".into()
            }
        );
        let found = classify(&Info {
            timestamps: false,
            ..gpu
        });
        assert_eq!(
            found,
            Adapter::NoTimestamps {
                name: "nvidia ampere".into()
            }
        );
    }

    #[test]
    fn an_adapter_that_hides_its_name_is_still_spoken_of() {
        assert_eq!(name(&Info::default()), "without a name");
    }
}
