"""The page without a browser: its weight, its words, its vendored files, no inline script or style.

Run with --self-test it plants each fault in a copy and demands that it is found.
"""

import functools
import json
import os
import posixpath
import re
import shutil
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WEIGHT_MAX = 150 * 1024  # bytes, compressed, of everything that the page can fetch
# What it fetches before a login can be typed, and what more before the first screen behind it stands.
LOGIN_MAX = {"node": 37 * 1024, "hub": 48 * 1024}
FIRST_MAX = {"node": 9 * 1024, "hub": 10 * 1024}
KEY = re.compile(r"(?<![\w.])t\(\s*(\"|')([a-z][\w.]*)\1")
PREFIX = re.compile(r"(?<![\w.])t\(`((?:[a-z]+\.)+)\$\{")
MADE = re.compile(r"(?<![\w.])t\(`((?:[a-z]+\.)+\$\{[^`]*)`")  # a key with parts that only the running page knows
WORD = re.compile(r"[\"'`]([a-z]+(?:\.[a-z0-9_]+)+)[\"'`]")
PLACES = re.compile(r"\{\w+\}")
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=[\"']|javascript:|\beval\(|\binnerHTML\b|"
                    r"dangerouslySetInnerHTML|https?://(?!www\.w3\.org/)")


def load(root, name):
    with open(os.path.join(root, "web", name), encoding="utf-8") as f:
        return f.read()


def embed_of(root):
    """web/embed.py of that tree."""
    sys.path.insert(0, os.path.join(root, "web"))
    sys.dont_write_bytecode = True
    sys.modules.pop("embed", None)
    import embed
    sys.path.pop(0)
    embed.ROOT = os.path.join(root, "web")
    return embed


def own_files(root):
    for folder, _, names in os.walk(os.path.join(root, "web")):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), os.path.join(root, "web"))
            if path.endswith((".js", ".html", ".css", ".svg")) and not path.startswith("vendor"):
                yield path, load(root, path)


SIDES = {"node": "", "hub": "hub-"}


@functools.cache
def sources_of_programs():
    """What the programs may send, the one or the other: every string of their sources that looks like a code."""
    said = set()
    for folder in ("node", "hub", "common", "common/io", "proto"):
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            if name.endswith((".c", ".h")):
                with open(os.path.join(ROOT, folder, name), encoding="utf-8") as f:
                    said.update(re.findall(r"[\"']([a-z0-9_]+)[\"']", f.read()))
    return said


def made_keys(root, side, words, sent):
    """The words that a made key can name: each part of it stands in the page's sources or in the program's."""
    text = "\n".join(t for path, t in own_files(root) if embed_of(root).is_of(side, f"/{path}"))
    parts = sent | set(re.findall(r"\w+", text))
    made = [re.compile(re.sub(r"\\\$\\\{.*?\\\}", "(.+)", re.escape(m)) + "$") for m in set(MADE.findall(text))]
    found = {k: [m for m in (one.match(k) for one in made) if m] for k in words}
    return {k for k, hits in found.items() if any(parts.issuperset(m.groups()) for m in hits)}


def check_words(root):
    both = json.loads(load(root, "i18n/both-vi.json"))
    unused, sent = [], sources_of_programs()
    for prefix in ("both-", *SIDES.values()):
        vi, en = (json.loads(load(root, f"i18n/{prefix}{code}.json")) for code in ("vi", "en"))
        yield from check_pair(vi, en)
    for side, prefix in SIDES.items():
        own = json.loads(load(root, f"i18n/{prefix}vi.json"))
        for key in sorted(set(own) & set(both)):
            yield f"i18n: {key} stands in both-vi.json and in {prefix}vi.json"
        used = made_keys(root, side, [*own, *both], sent)
        for path, text in own_files(root):
            if embed_of(root).is_of(side, f"/{path}"):
                yield from check_used(path, text, {**both, **own}, used)
        for key in sorted(set(own) - used):
            yield f"i18n: {key} is used nowhere"
        unused.append(set(both) - used)
    for key in sorted(unused[0] | unused[1]):
        yield f"i18n: {key} of both-vi.json is not used by both pages"


def check_pair(vi, en):
    for key in sorted(set(vi) ^ set(en)):
        yield f"i18n: {key} is in one language only"
    for key in sorted(set(vi) & set(en)):
        if not vi[key].strip() or not en[key].strip():
            yield f"i18n: {key} is empty"
        if sorted(PLACES.findall(vi[key])) != sorted(PLACES.findall(en[key])):
            yield f"i18n: {key} has other places to fill in the two languages"


def check_used(path, text, words, used):
    """Adds the keys that this file of a page uses to `used`; tells of those that its page has no words for."""
    for _, key in KEY.findall(text):
        used.add(key)
        if key not in words:
            yield f"{path}: no words for {key}"
    used.update(WORD.findall(text))
    for prefix in PREFIX.findall(text):
        if not any(k.startswith(prefix) for k in words):
            yield f"{path}: no words for {prefix}*"


def check_inline(root):
    for path, text in own_files(root):
        m = INLINE.search(text)
        if m:
            yield f"{path}: {m.group(0).strip()} does not pass the content security policy, or is unsafe"


EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)", re.M)
EXPORTS = re.compile(r"^export \{([^}]*)\} from", re.M)
IMPORT = re.compile(r"^import (?:\w+,? ?)?\{([^}]*)\}", re.M)


def names_of(pattern, text):
    return {n.split(" as ")[-1].strip() for m in pattern.findall(text) for n in m.split(",")}


def check_imports(root):
    """A name of the shared modules that is called or shown without being imported is an error of one screen only."""
    shared = "".join(load(root, f"desk/{name}.js") for name in ("base", "parts"))
    exported = set(EXPORT.findall(shared)) | names_of(EXPORTS, shared)
    for path, text in own_files(root):
        if not path.endswith(".js") or path in ("desk/base.js", "desk/parts.js"):
            continue
        own = names_of(IMPORT, text) | set(re.findall(r"(?:function|const|let|class) (\w+)", text))
        taken_apart = re.findall(r"(?:(?:const|let) [\[{]|\(\{)([^\]}]*)[\]}]", text)
        own |= {n for m in taken_apart for n in re.findall(r"\w+", m)}
        used = set(re.findall(r"(?<![\w.\"'$-])(\w+)\(", text)) | set(re.findall(r"<\$\{(\w+)\}", text))
        for name in sorted((used & exported) - own):
            yield f"{path}: {name} is used and not imported"


MODULE = re.compile(r"\b(?:from|import)\s*\(?\s*[\"'](\.[^\"'\n]*)[\"']")


def check_modules(root):
    """A program that does not carry a module which its page imports shows an empty page, or one screen less."""
    embed = embed_of(root)
    for side in embed.SIDES:
        carried = {path: content for path, _, content in embed.files(side)}
        for path, content in carried.items():
            if not path.endswith((".js", ".mjs")):
                continue
            for name in MODULE.findall(content.decode("utf-8")):
                module = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                if module not in carried:
                    yield f"{path}: the {side}'s page does not carry {module}"


STATIC = re.compile(r"\b(?:from|import)\s*[\"'](\.[^\"'\n]*)[\"']")
ENTRY = {"node": ("/index.html", "/desk/"), "hub": ("/hub.html", "/hub/")}
WORDS = {"node": ("/i18n/both-vi.json", "/i18n/vi.json"), "hub": ("/i18n/both-vi.json", "/i18n/hub-vi.json")}


def with_all(carried, module):
    """A module and all that it imports before it runs."""
    found, wanted = set(), {module}
    while wanted:
        path = wanted.pop()
        found.add(path)
        names = STATIC.findall(carried[path].decode("utf-8")) if path in carried else []
        wanted |= {posixpath.normpath(posixpath.join(posixpath.dirname(path), n)) for n in names} - found
    return found


def before_login(root, side):
    """(bytes before the login, bytes more before the first screen), compressed."""
    embed = embed_of(root)
    carried = {path: content for path, _, content in embed.files(side)}
    html, folder = ENTRY[side]
    page = {html, *WORDS[side], *re.findall(r"(?:href|src)=\"(/[^\"]+)\"", carried[html].decode("utf-8"))}
    login = page | with_all(carried, folder + "app.js")
    first = login | with_all(carried, folder + "inside.js")
    login, first = (sum(len(embed.packed(carried[p])) for p in some if p in carried) for some in (login, first))
    return login, first - login


def check_first(root):
    for side in SIDES:
        login, first = before_login(root, side)
        if login > LOGIN_MAX[side]:
            yield f"before the login the {side}'s page fetches {login} bytes compressed, at most {LOGIN_MAX[side]}"
        if first > FIRST_MAX[side]:
            yield f"for its first screen the {side}'s page fetches {first} bytes more, at most {FIRST_MAX[side]}"


def check_vendor(root):
    readme = load(root, "vendor/README.md")
    for name in sorted(os.listdir(os.path.join(root, "web", "vendor"))):
        if name != "README.md" and f"`{name}`" not in readme:
            yield f"vendor/{name} is not told of in its README.md"


def check_weight(root):
    embed = embed_of(root)
    for side in embed.SIDES:
        total = sum(len(embed.packed(c)) for p, _, c in embed.files(side) if p not in embed.NOT_PAGE)
        if total > WEIGHT_MAX:
            yield f"the {side}'s page weighs {total} bytes compressed, at most {WEIGHT_MAX}"
        if embed.c_file(side) != embed.c_file(side):
            yield "the same files give other bytes the second time"


def check(root):
    checks = (check_words, check_inline, check_imports, check_modules, check_vendor, check_first, check_weight)
    return [m for f in checks
            for m in f(root)]


def plant_words(web, code, change):
    path = os.path.join(web, "i18n", f"{code}.json")
    with open(path, encoding="utf-8") as f:
        words = json.load(f)
    change(words)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(words, f, ensure_ascii=False)


def append(web, name, data):
    with open(os.path.join(web, name), "ab") as f:
        f.write(data)


PLANTS = [
    (lambda w: plant_words(w, "both-en", lambda d: d.pop("logout")), "in one language only"),
    (lambda w: plant_words(w, "both-vi", lambda d: d.update(logout=" ")), "is empty"),
    (lambda w: plant_words(w, "both-vi", lambda d: d.update({"list.count": "hồ sơ"})), "other places to fill"),
    (lambda w: [plant_words(w, f"both-{c}", lambda d: d.update({"zz.zz": "a"})) for c in ("vi", "en")],
     "not used by both"),
    (lambda w: [plant_words(w, f"hub-{c}", lambda d: d.update(logout="a")) for c in ("vi", "en")],
     "and in hub-vi.json"),
    (lambda w: append(w, "hub/app.js", b't("usb.title");\n'), "no words for usb.title"),
    (lambda w: [plant_words(w, c, lambda d: d.update({"zz.zz": "a"})) for c in ("vi", "en")], "used nowhere"),
    (lambda w: append(w, "desk/app.js", b't("no.such.key");\n'), "no words for no.such.key"),
    (lambda w: append(w, "desk/app.js", b"t(`nothing.${x}`);\n"), "no words for nothing."),
    (lambda w: [plant_words(w, f"hub-{c}", lambda d: d.update({"breach.state.zzz": "a"})) for c in ("vi", "en")],
     "breach.state.zzz is used nowhere"),
    (lambda w: append(w, "index.html", b"<script>1</script>\n"), "content security policy"),
    (lambda w: append(w, "desk/app.js", b"x.innerHTML = y;\n"), "content security policy"),
    (lambda w: append(w, "desk/usb.js", b"const x = () => showDate(1);\n"), "showDate is used and not imported"),
    (lambda w: append(w, "hub/moves.js", b"const x = () => html`<${State} />`;\n"), "State is used and not imported"),
    (lambda w: append(w, "hub/moves.js", b'import { usb } from "../desk/usb.js";\n'),
     "the hub's page does not carry /desk/usb.js"),
    (lambda w: append(w, "desk/app.js", b'const x = () => import("./gone.js");\n'),
     "the node's page does not carry /desk/gone.js"),
    (lambda w: append(w, "desk/login.js", b'import { Import } from "./import.js";\n'),
     "before the login the node's page"),
    (lambda w: append(w, "hub/inside.js", b'import { Orders } from "./orders.js";\n'),
     "for its first screen the hub's"),
    (lambda w: append(w, "vendor/zz.mjs", b"1\n"), "is not told of"),
    (lambda w: append(w, "zz.js", os.urandom(WEIGHT_MAX)), "weighs"),
]


def self_test():
    bad = 0
    for plant, wanted in PLANTS:
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(os.path.join(ROOT, "web"), os.path.join(copy, "web"))
            plant(os.path.join(copy, "web"))
            try:
                said = check(copy)
            except UnicodeDecodeError:
                said = [m for f in (check_weight,) for m in f(copy)]
            if not any(wanted in m for m in said):
                print(f"not found: {wanted}")
                bad += 1
    return bad


def main():
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(1 if self_test() else 0)
    said = check(ROOT)
    for message in said:
        print(message)
    sys.exit(1 if said else 0)


if __name__ == "__main__":
    main()
