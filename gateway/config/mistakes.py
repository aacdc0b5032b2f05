"""What can be wrong with a configuration, each in English and Chinese: what was found, what is expected, what to do.

The electrician who reads this stands in a cellar with a laptop; a message he can act on saves a journey.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.words import LANGUAGES, reason_in


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: `path` as `mqtt.port` (empty: the file itself), `code` a key of `TEXTS`, `facts` what its text names."""

    path: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    did_you_mean: str | None = None


TEXTS: dict[str, tuple[str, str]] = {
    "no-file": (
        "There is no such file. Set this Pi up: sudo cardroom-gateway setup; or name another with --config.",
        "找不到该文件。请先设置本机：sudo cardroom-gateway setup；或用 --config 指定其他文件。",
    ),
    "unreadable": (
        "The file can't be read ({why}). Run the command as the daemon's user or with sudo.",
        "无法读取该文件（{why}）。请以守护进程的用户身份运行，或使用 sudo。",
    ),
    "not-utf8": (
        "The file is not UTF-8 text (byte {offset}). Save it as UTF-8 in the editor.",
        "该文件不是 UTF-8 文本（第 {offset} 字节）。请在编辑器中另存为 UTF-8。",
    ),
    "not-toml": (
        "This is not TOML: {why}. Text needs quotes, sections stand in [brackets]. Nothing after it was looked at.",
        "不是有效的 TOML：{why}。文本要加引号，段名写在[方括号]里。其后的内容尚未检查。",
    ),
    "unknown-section": (
        "No such section. There are: {known}.",
        "没有这个段。可用的段：{known}。",
    ),
    "unknown-key": (
        "No such setting in this section. There are: {known}.",
        "此段没有这个设置。可用的设置：{known}。",
    ),
    "missing": (
        "This setting is needed and missing. Add it: {expected}.",
        "缺少必需的设置。请补上：{expected}。",
    ),
    "not-a-section": (
        "This must be a section: write [{section}] on a line of its own and its settings below.",
        "这里应是一个段：请单独一行写 [{section}]，其设置写在下面。",
    ),
    "not-text": (
        "Text in quotes is expected, found {found}.",
        "应为带引号的文本，实际是 {found}。",
    ),
    "empty": (
        "This must not be empty. {expected}.",
        "不能为空。{expected}。",
    ),
    "not-whole": (
        "A whole number without quotes is expected, found {found}.",
        "应为不带引号的整数，实际是 {found}。",
    ),
    "out-of-range": (
        "{found} is out of range: use {low} to {high}.",
        "{found} 超出范围：应在 {low} 到 {high} 之间。",
    ),
    "not-true-false": (
        "true or false without quotes is expected, found {found}.",
        "应为不带引号的 true 或 false，实际是 {found}。",
    ),
    "not-one-of": (
        "{found} is not one of: {known}.",
        "{found} 不在可选值之中：{known}。",
    ),
    "not-a-list": (
        "A list in [brackets] is expected, found {found}.",
        "应为写在[方括号]里的列表，实际是 {found}。",
    ),
    "not-an-id": (
        "{found} can't be a name on the link: use 1 to 64 letters, digits, '.', '_', ':' or '-'.",
        "{found} 不能用作链路上的名称：请用 1 到 64 个字母、数字或 . _ : -。",
    ),
    "not-a-web-address": (
        "{found} is no address of central's web: {expected} is expected.",
        "{found} 不是中心网页的地址：应形如 {expected}。",
    ),
    "not-a-host": (
        "{found} names no machine: a host and its port are expected, such as {expected}.",
        "{found} 不是主机：应为主机名和端口，形如 {expected}。",
    ),
    "not-a-key": (
        "{found} is no public key: 64 hex digits are expected, as `cardroom-central public-key` prints them.",
        "{found} 不是公钥：应为 64 位十六进制数，即 `cardroom-central public-key` 打印的内容。",
    ),
    "key-twice": (
        "This key is already in {other}. A second signature must come from another key.",
        "此密钥已在 {other} 中。第二签名必须使用另一把密钥。",
    ),
    "no-such-file": (
        "There is no file {found}. Check the path; it is taken from the configuration's folder unless it starts with '/'.",
        "文件 {found} 不存在。请检查路径；不以 / 开头的路径从配置文件所在的文件夹算起。",
    ),
    "no-certificate": (
        "There is no certificate {found}. Get one: sudo cardroom-gateway renew; where central refuses that: "
        "sudo cardroom-gateway setup.",
        "证书 {found} 不存在。请获取：sudo cardroom-gateway renew；中心拒绝时：sudo cardroom-gateway setup。",
    ),
    "not-set-up": (
        "There is no file {found}; setup writes it: sudo cardroom-gateway setup. Where it lies elsewhere, correct the path.",
        "文件 {found} 不存在；它由 setup 写入：sudo cardroom-gateway setup。若在别处，请改正路径。",
    ),
    "file-unreadable": (
        "The file {found} can't be read ({why}). The daemon's user needs to read it: chgrp cardroom and chmod 640.",
        "无法读取文件 {found}（{why}）。守护进程的用户需要读取权限：chgrp cardroom 并 chmod 640。",
    ),
    "no-such-folder": (
        "There is no folder {found}. Make it: sudo install -d -o cardroom -g cardroom -m 750 {found}",
        "文件夹 {found} 不存在。请创建：sudo install -d -o cardroom -g cardroom -m 750 {found}",
    ),
    "not-a-folder": (
        "{found} is a file; a folder is expected for the gateway's data.",
        "{found} 是文件；此处应为存放网关数据的文件夹。",
    ),
    "not-writable": (
        "Nothing can be written in {found} ({why}). Give it to the daemon's user, free some space, or mount it writable.",
        "无法在 {found} 中写入（{why}）。请把它交给守护进程的用户、腾出空间，或以可写方式挂载。",
    ),
    "needs": (
        "This only works together with {other}. Add that, or take this out.",
        "此设置必须与 {other} 一起使用。请补上后者，或删去此项。",
    ),
    "less-than": (
        "This must be at least {other}.",
        "此值不得小于 {other}。",
    ),
}

_MEANT = ("Did you mean {name!r}?", "是否想写 {name!r}？")
_LINE = ("line {line}", "第 {line} 行")


def wording(mistake: Mistake, language: str) -> str:
    """One line for a person: `line 7: mqtt.prot: No such setting in this section. ... Did you mean 'port'?`"""
    column = LANGUAGES.index(language)
    parts = [_LINE[column].format(line=mistake.line)] if mistake.line else []
    parts += [mistake.path] if mistake.path else []
    facts = {name: reason_in(language, fact) for name, fact in mistake.facts.items()}
    text = TEXTS[mistake.code][column].format_map(facts)
    if mistake.did_you_mean is not None:
        text += " " + _MEANT[column].format(name=mistake.did_you_mean)
    return ": ".join([*parts, text])
