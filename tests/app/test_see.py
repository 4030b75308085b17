"""Ready experiments, why it vanished, and spectra over REST: equal to what the engine says."""

import engine


def test_presets_come_with_whole_specs_and_open_as_they_are(client):
    found = client.get("/api/presets").json()
    names = [preset["name"] for preset in found]
    assert names == [name for name in engine.PRESETS if name in names]
    assert set(engine.PRESETS) - set(names) <= {"mnist1d"}  # whose package may be missing
    for preset in found:
        mine = engine.PRESETS[preset["name"]]
        assert (preset["title"], preset["sentence"]) == (mine.title, mine.sentence)
        assert preset["spec"] == engine.RunSpec.from_dict(mine.spec).to_dict()
        assert [engine.presets.Claim(**claim) for claim in preset["claims"]] == list(mine.claims)
    made = client.post("/api/runs", json=found[1]["spec"])
    assert made.status_code == 201
    assert made.json()["spec"] == found[1]["spec"]
    assert client.delete(f"/api/runs/{made.json()['id']}").status_code < 300
