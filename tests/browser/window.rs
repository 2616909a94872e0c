//! What stands around the page: who the visitor is, how wide the window, which colours it wears.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Tab;

/// The tallest picture of a page, pixels.
const HEIGHT_MAX: u32 = 12_000;

impl Tab {
    /// Becomes the visitor who holds these cookies, and nobody else.
    #[track_caller]
    pub(crate) fn be(&self, base: &str, cookies: &BTreeMap<String, String>) {
        let everything = json!({ "origin": base, "storageTypes": "all" });
        self.devtools("Storage.clearDataForOrigin", &everything);
        for (name, value) in cookies {
            let cookie = json!({ "url": base, "name": name, "value": value });
            self.devtools("Network.setCookie", &cookie);
        }
    }

    /// Prefers `light` or `dark`, and nothing that moves.
    #[track_caller]
    pub(crate) fn prefer(&self, scheme: &str) {
        self.appear("", scheme, "reduce");
    }

    /// Appears on `print` or `screen`, in a colour scheme, with motion reduced or not.
    #[track_caller]
    pub(crate) fn appear(&self, media: &str, scheme: &str, motion: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": motion },
        ]);
        let all = json!({ "media": media, "features": features });
        self.devtools("Emulation.setEmulatedMedia", &all);
    }

    /// Sends a form from this page, as pressing its button without script does.
    #[track_caller]
    pub(crate) fn post(&self, action: &str, fields: &Value) {
        self.run(&format!(
            "const form = Object.assign(document.createElement('form'),
                {{ method: 'post', action: {action:?} }});
            for (const [name, value] of {fields})
                form.append(Object.assign(document.createElement('input'), {{ name, value }}));
            document.body.append(form);
            form.submit()"
        ));
    }

    /// Waits until everything on the page has come, pictures further down included.
    #[track_caller]
    pub(crate) fn whole(&self) {
        let question = "const pictures = [...document.images];
            pictures.forEach((picture) => { picture.loading = 'eager'; });
            return document.readyState === 'complete' && pictures.every((p) => p.complete)";
        self.until("the whole page", || (), || self.run(question) == true);
    }

    /// Clicks what a finger would reach: where its middle is, nothing lies over it.
    #[track_caller]
    pub(crate) fn tap(&self, css: &str) {
        self.find(css);
        let place = format!(
            "const at = document.querySelector({css:?});
            at.scrollIntoView({{ block: 'center', behavior: 'instant' }});
            const box = at.getClientRects()[0];
            const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return at.contains(hit) || hit?.contains(at) ? '' : hit?.outerHTML.slice(0, 200)"
        );
        let over = self.run(&place);
        assert_eq!(over, "", "{css} is covered");
        self.click(css);
    }

    /// The whole page as a picture, PNG in Base64.
    #[track_caller]
    pub(crate) fn picture(&self, width: u32) -> String {
        self.size(width, 800);
        self.whole();
        let height = self.run("return document.documentElement.scrollHeight").as_u64();
        self.size(width, u32::try_from(height.unwrap()).unwrap().clamp(800, HEIGHT_MAX));
        self.whole();
        let shot = self.devtools("Page.captureScreenshot", &json!({ "format": "png" }));
        shot["data"].as_str().unwrap().to_owned()
    }

    /// Makes the window this wide.
    #[track_caller]
    pub(crate) fn width(&self, pixels: u32) {
        self.size(pixels, 800);
    }

    #[track_caller]
    fn size(&self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let so = || self.run("return [innerWidth, innerHeight]") == json!([width, height]);
        self.until("the size", || (), so);
    }
}
