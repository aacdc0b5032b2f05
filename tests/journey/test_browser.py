"""The browser stand-in against a real small server: cookies, hidden fields, redirects."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from firmware_tools.campus.browser import Browser, NoSuchForm, read_page

FORM = """<form method="post" action="/pay"><input type="hidden" name="token" value="t&amp;1"><input name="yuan">
<select name="bucket"><option value="paid">a</option><option value="subsidy" selected>b</option></select>
<input type="checkbox" name="sure"><button name="go">Pay</button></form><a href="/next">next</a>"""


class Desk(BaseHTTPRequestHandler):
    """Sets a cookie, takes a form only with it, redirects to what it was sent."""

    received: list[str] = []

    def do_GET(self):
        self.send_response(200)
        self.send_header("Set-Cookie", "person=cashier")
        self.end_headers()
        self.wfile.write((FORM if self.path == "/" else "paid " + self.headers.get("Cookie", "")).encode())

    def do_POST(self):
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(303 if "person=cashier" in self.headers.get("Cookie", "") else 403)
        self.send_header("Location", "/done")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def desk_url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_form_goes_with_its_hidden_fields_and_the_cookie_and_the_redirect_is_followed(desk_url):
    browser = Browser(desk_url)
    page = browser.open("/")
    done = browser.submit(page, page.form("token", "yuan"), yuan="30.00")
    assert done.url == f"{desk_url}/done"
    assert done.text == "paid person=cashier"
    assert Desk.received[-1] == "token=t%261&yuan=30.00&bucket=subsidy"


def test_a_refusal_is_a_page_too(desk_url):
    stranger = Browser(desk_url)
    page = read_page(desk_url, 200, FORM)
    assert stranger.submit(page, page.form("yuan")).status == 403


def test_a_missing_form_is_named_with_what_the_page_has():
    page = read_page("http://desk/", 200, FORM)
    assert page.links == ["/next"]
    with pytest.raises(NoSuchForm, match=r"no form with .'receipt',.*token"):
        page.form("receipt")
