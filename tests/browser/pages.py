"""The pages that are looked at: a line each. `{home}` is the id of the demo's first home."""

from dataclasses import dataclass

from kwhen.catalog.plans import rate_plan

PLAN = rate_plan("14328/E-TOU-C/T-B").id
CASES = "c1_solar=5&c1_cost=14000&c2_name=Night&c2_ev=9&c3_shift=30"


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A page."""

    name: str  # of its pictures
    path: str
    is_signed_in: bool = True

    def __str__(self) -> str:
        return self.name


PAGES = (
    Looked(name="sign-in", path="/portal/sign-in", is_signed_in=False),
    Looked(name="home", path="/portal/homes/{home}"),
    Looked(name="home-flat", path="/portal/homes/{home5}"),
    Looked(name="plans", path="/portal/plans"),
    Looked(name="plans-of-a-zip", path="/portal/plans?zip=94107"),
    Looked(name="plan", path=f"/portal/plans/{PLAN}?zip=94107"),
    Looked(name="calculator", path="/portal/calculator?source=file&zip=94107"),
    Looked(name="calculation", path=f"/portal/calculator?zip=94107&plan={PLAN}&{CASES}"),
    Looked(name="homes", path="/portal/homes"),
    Looked(name="homes-none", path="/portal/homes?q=nothing%20has%20this"),
    Looked(name="home-new", path="/portal/homes/new"),
    Looked(name="home-edit", path="/portal/homes/{home}/edit"),
    Looked(name="home-remove", path="/portal/homes/{home}/remove"),
    Looked(name="home-usage", path="/portal/homes/{home}/usage"),
    Looked(name="homes-import", path="/portal/homes/import"),
    Looked(name="webhooks", path="/portal/webhooks"),
    Looked(name="webhook-form", path="/portal/webhooks/edit"),
    Looked(name="delivery", path="/portal/webhooks/deliveries/{delivery}"),
    Looked(name="openadr", path="/portal/openadr"),
    Looked(name="openadr-program", path="/portal/openadr/programs/{program}"),
    Looked(name="openadr-tariff", path="/portal/openadr/tariffs/PGE-E-ELEC"),
    Looked(name="openadr-ask", path="/portal/openadr/ask"),
    Looked(name="openadr-client", path="/portal/openadr/clients/new"),
    Looked(name="keys", path="/portal/keys"),
    Looked(name="key-new", path="/portal/keys/new"),
    Looked(name="key-revoke", path="/portal/keys/{key}/revoke"),
    Looked(name="feedback", path="/portal/feedback"),
    Looked(name="feedback-message", path="/portal/feedback/{message}"),
    Looked(name="system", path="/portal/system"),
)
