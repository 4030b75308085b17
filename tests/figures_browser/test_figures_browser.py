"""What a user sees and hears of the figures, in a real Chromium."""

import pytest

# Colours of the painted cells and of plotly's own heatmap, cell by cell, in the order of the array's rows and columns.
COLOURS = """async ([id, index]) => {
  const canvas = document.querySelectorAll(`#${id} .cells canvas`)[index];
  const { width, height } = canvas;
  const ours = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  await plots[id].freeze();
  const image = document.querySelectorAll(`#${id} .figure-plot .heatmaplayer image`)[index];
  const drawn = new Image();
  const loaded = new Promise((done) => (drawn.onload = done));
  drawn.src = image.getAttribute("href") ?? image.getAttribute("xlink:href");
  await loaded;
  const context = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
  context.drawImage(drawn, 0, 0);
  const theirs = context.getImageData(0, 0, drawn.width, drawn.height).data;
  const pixel = (data, stride, x, y) => [...data.slice(4 * (y * stride + x), 4 * (y * stride + x) + 4)];
  const cells = [];
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) {
    const [x, y] = [((j + 0.5) / width) * drawn.width, ((i + 0.5) / height) * drawn.height].map(Math.floor);
    cells.push([pixel(ours, width, j, i), pixel(theirs, drawn.width, x, y)]);
  }
  return cells;
}"""


@pytest.mark.parametrize(("figure", "index"), [("jacobian", 0), ("jacobian", 1), ("hidden", 2), ("gates", 4)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_painted_cells_have_the_colours_of_plotlys_own_heatmap(show, figure, index, theme):
    page = show(figure)
    if theme == "dark":
        page.evaluate("document.body.classList.add('dark'); Object.values(plots).forEach((plot) => plot.theme())")
    cells = page.evaluate(COLOURS, [figure, index])
    assert len(cells) >= 54
    for live, exact in cells:
        assert live[3] == exact[3]  # undefined is transparent in both
        if live[3]:
            assert max(abs(a - b) for a, b in zip(live[:3], exact[:3], strict=True)) <= 2
    if (figure, index) == ("jacobian", 0):
        colours = [tuple(live) for live, _ in cells[90:99]]  # row 9: NaN, -inf, inf, -528, 3, then the ramp
        assert colours[0][3] == 0
        assert len(set(colours[:5])) == 5
        assert not set(colours[1:5]) & {tuple(live) for live, _ in cells[80:88]}


def test_subplots_stand_where_plotly_draws_them(show):
    for width in (1200, 390):
        page = show("jacobian", "hidden", "flow_by_lag", width=width)
        places = page.evaluate("""() => Object.keys(plots).map((id) => {
          const full = document.querySelector(`#${id} .figure-plot`)._fullLayout;
          const theirs = [];
          for (const suffix of ["", "2", "3"]) {
            const [x, y] = [full["xaxis" + suffix], full["yaxis" + suffix]];
            if (x) theirs.push([x._offset, y._offset, x._length, y._length]);
          }
          const ours = [...document.querySelectorAll(`#${id} .cells, #${id} canvas.lines`)].map(({ style }) =>
            [style.left, style.top, style.width, style.height].map(parseFloat));
          return [ours, theirs];
        })""")
        for ours, theirs in places:
            assert len(ours) == len(theirs)
            for mine, other in zip(ours, theirs, strict=True):
                assert mine == pytest.approx(other, abs=0.6)


def test_cells_are_painted_before_plotly_has_loaded(browser, address):
    page = browser.new_page()
    page.route(f"{address}plotly.js", lambda route: route.abort())
    page.goto(f"{address}?show=jacobian")
    page.wait_for_timeout(400)
    painted = page.evaluate("""() => [...document.querySelectorAll("#jacobian .cells canvas")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, i) => i % 4 === 3 && value).length;
    })""")
    assert len(painted) == 3
    assert min(painted) > 40
    page.close()


def centre(page, figure, network, column, row, size=10):
    box = page.evaluate(
        """([id, i]) => { const b = document.querySelectorAll(`#${id} .cells`)[i].getBoundingClientRect();
        return [b.left, b.top, b.width, b.height] }""",
        [figure, network],
    )
    return box[0] + (column + 0.5) / size * box[2], box[1] + (row + 0.5) / size * box[3]


def test_hover_says_the_live_value_and_marks_the_pair_in_every_network(show):
    page = show("jacobian")
    page.mouse.move(*centre(page, "jacobian", 1, column=3, row=7))
    value = "decode(resolve(frame, 'networks.1.layers.0.jacobian_log_norms')).data[73]"
    for source in ("frame", "next"):
        if source == "next":
            page.evaluate("get('/next.json').then((next) => { window.frame = next; plots.jacobian.feed(next) })")
        said = page.locator("#jacobian .tip").inner_text()
        wanted = f"{page.evaluate(value):.2f}".replace("-", "−")
        assert said.replace("\n", "") == f"LSTMlog10 ‖∂h7/∂h3‖ = {wanted}"
    marks = page.locator("#jacobian .marks > div:visible")
    assert marks.count() == 3


@pytest.mark.parametrize(
    ("column", "words"), [(0, "not defined here"), (1, "exactly zero"), (2, "infinite"), (3, "below")]
)
def test_hover_says_what_a_special_value_is(show, column, words):
    page = show("jacobian")
    page.mouse.move(*centre(page, "jacobian", 0, column=column, row=9))
    assert words in page.locator("#jacobian .tip").inner_text()


def test_a_click_picks_a_cell_and_a_drag_zooms_instead(show, wait):
    page = show("jacobian")
    page.mouse.click(*centre(page, "jacobian", 2, column=1, row=8))
    picked = {"figure": "jacobian", "network": 2, "layer": 0, "t": 8, "k": 1}
    wait(page, "seen.picked.length")  # the cursor's code comes with the first touch
    assert page.evaluate("seen.picked") == [picked]
    page.mouse.click(*centre(page, "jacobian", 2, column=8, row=1))  # k > t: nothing there
    page.mouse.move(*centre(page, "jacobian", 0, column=1, row=5))
    page.mouse.down()
    page.mouse.move(*centre(page, "jacobian", 0, column=4, row=8), steps=4)
    page.mouse.up()
    page.wait_for_timeout(400)
    assert page.evaluate("seen.picked") == [picked]
    ranges = (
        "['xaxis', 'xaxis3'].map((name) => document.querySelector('#jacobian .figure-plot')._fullLayout[name].range)"
    )
    zoomed = page.evaluate(ranges)
    assert zoomed[0] == zoomed[1]
    assert zoomed[0] == pytest.approx([1, 4], abs=0.2)
    page.evaluate("get('/next.json').then((next) => plots.jacobian.feed(next))")
    assert page.evaluate(ranges) == zoomed  # a new frame keeps the zoom
    page.locator("#jacobian .figure-plot").focus()
    page.keyboard.press("0")
    page.wait_for_timeout(300)
    assert page.evaluate(ranges)[0] == [-0.5, 9.5]


def test_the_keyboard_walks_picks_and_is_heard(show, wait):
    page = show("jacobian")
    page.locator("#jacobian .figure-plot").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    wait(page, "seen.picked.length")
    # It starts in the far corner (t = 9, k = 0).
    assert page.evaluate("seen.picked") == [{"figure": "jacobian", "network": 0, "layer": 0, "t": 8, "k": 2}]
    assert page.locator("#jacobian [aria-live]").inner_text().startswith("RNN, log10 ‖∂h 8/∂h 2‖")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert page.locator("#jacobian [aria-live]").inner_text().startswith("LSTM")  # on into the next subplot
    page.keyboard.press("Escape")
    assert page.locator("#jacobian .tip").is_hidden()


def test_a_voice_gets_a_name_and_a_summary(show):
    page = show("jacobian", "flow_by_lag")
    label = page.locator("#jacobian .figure-plot").get_attribute("aria-label")
    assert "∂h_t/∂h_k" in label
    assert "Arrow keys" in label
    described = page.locator("#jacobian .figure-plot").get_attribute("aria-describedby")
    words = page.locator(f"#{described}").inner_text()
    assert words == page.evaluate("plots.jacobian.voice.summary()")
    assert "LSTM" in words
    assert "(t = 9, k = 0)" in words
    assert "RNN" in page.evaluate("plots.flow_by_lag.voice.summary()")


def test_lines_follow_frames_and_show_values_by_lag(show):
    page = show("flow_by_lag")
    inked = "document.querySelector('#flow_by_lag canvas.lines').toDataURL()"
    before = page.evaluate(inked)
    page.evaluate("get('/next.json').then((next) => { window.frame = next; plots.flow_by_lag.feed(next) })")
    assert page.evaluate(inked) != before
    box = page.locator("#flow_by_lag canvas.lines").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    said = page.locator("#flow_by_lag .tip").inner_text()
    lag = int(said.split("\n")[0].removeprefix("lag "))
    value = page.evaluate(f"decode(resolve(frame, 'networks.2.layers.0.flow_by_lag')).data[{lag}]")
    assert f"GRU: {value:.2f}".replace("-", "−") in said


def test_the_loss_curve_takes_rows_as_they_come_and_rescales_seldom(show):
    page = show("loss")
    rows = """(from, to) => Array.from({ length: to - from }, (_, i) => ({ step: from + i,
      networks: [0, 1, 2].map((n) => ({ loss: (n + 1) / (from + i) + 1e-3, accuracy: null, grad_norm: 1 })) }))"""
    page.evaluate(f"plots.loss.feedRows(({rows})(1, 2000))")
    page.evaluate(f"plots.loss.feedRows(({rows})(1500, 2200))")  # a reconnected stream repeats some
    page.evaluate("plots.loss.freeze()")
    trace = page.evaluate("(({ x, y }) => [x, y])(document.querySelector('#loss .figure-plot').data[1])")
    assert trace[0] == list(range(1, 2200))
    assert trace[1][9] == pytest.approx(0.201)
    page.evaluate(f"""() => {{ const all = ({rows})(2200, 100001);
      for (let i = 0; i < all.length; i += 5000) plots.loss.feedRows(all.slice(i, i + 5000)); }}""")
    page.evaluate("plots.loss.freeze()")
    steps = page.evaluate("document.querySelector('#loss .figure-plot').data[1].x")
    assert len(steps) < 70_000  # merged, not dropped
    assert steps[-1] > 99_990
    assert page.evaluate("document.querySelector('#loss .figure-plot')._fullLayout.xaxis.range") == [
        0,
        3000,
    ]  # the run's steps


def test_a_loss_curve_without_rows_still_names_its_lines(show):
    page = show("loss")
    page.evaluate("plots.loss.freeze()")
    assert page.locator("#loss .legendtext").all_text_contents() == ["RNN", "LSTM", "GRU"]


def test_a_matrix_is_drawn_with_its_singular_values(show):
    page = show("jacobian")
    page.evaluate("""() => {
      const div = Object.assign(document.createElement("div"), { id: "matrix" });
      document.body.append(div);
      const { matrices } = figures.find((figure) => figure.matrices);
      return get("/product.json").then((product) => mountMatrix(div, product, matrices));
    }""")
    assert page.locator("#matrix .heatmaplayer image").count() == 4
    sizes = page.evaluate("document.querySelector('#matrix').data.map(({ z, y }) => (z ?? y).length)")
    assert sizes == [6, 6, 6, 6, 6]
    low, high = page.evaluate(
        "(({ cmin, cmax }) => [cmin, cmax])(document.querySelector('#matrix')._fullLayout.coloraxis)"
    )
    assert low == pytest.approx(-high)


def test_themes_change_text_and_lines(show):
    page = show("flow_by_lag", "jacobian")
    look = """() => [getComputedStyle(document.querySelector("#flow_by_lag .xtick text")).fill,
      document.querySelector("#flow_by_lag .figure-plot")._fullData[0].line.color]"""
    light = page.evaluate(look)
    page.evaluate("document.body.classList.add('dark'); Object.values(plots).forEach((plot) => plot.theme())")
    page.wait_for_timeout(500)
    dark = page.evaluate(look)
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_a_narrow_page_gets_its_own_layout_and_back(show, wait):
    page = show("jacobian", "hidden")

    def columns(figure: str, count: int) -> None:
        lefts = f"new Set([...document.querySelectorAll('#{figure} .cells')].map(({{ style }}) => style.left))"
        wait(page, f"{lefts}.size === {count}")

    columns("hidden", 3)
    page.set_viewport_size({"width": 390, "height": 800})
    columns("hidden", 2)
    columns("jacobian", 3)  # three square maps are one comparison, on a phone too
    wait(page, "document.querySelector('#jacobian .figure-plot')._fullLayout.width < 390")
    wait(page, "document.documentElement.scrollWidth <= 390")
    page.set_viewport_size({"width": 1200, "height": 800})
    columns("hidden", 3)
    wait(page, "document.querySelector('#jacobian .figure-plot')._fullLayout.width > 1000")


def test_an_image_holds_the_data(show):
    page = show("jacobian", "loss")
    image = page.evaluate("picture(plots.jacobian, { format: 'svg' }).then(decodeURIComponent)")
    assert image.count("<image") >= 3
    assert page.evaluate("picture(plots.loss, {})").startswith("data:image/png")


def test_nothing_is_left_of_a_destroyed_figure(show):
    page = show("jacobian")
    page.evaluate("plots.jacobian.destroy()")
    assert page.locator("#jacobian > *").count() == 0
    page.mouse.move(300, 200)
    page.set_viewport_size({"width": 700, "height": 800})
    page.wait_for_timeout(300)
