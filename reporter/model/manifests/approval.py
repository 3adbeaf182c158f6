"""How a manifest says that it was approved: flat, nested, or both (domain.md A3, B1.5, B1.6)."""

from reporter.model.wants import ManifestModel


class Approval(ManifestModel):
    """The nested form."""

    status: str = ""
    approval_id: str = ""


class Approvable(ManifestModel):
    """A manifest that somebody must approve."""

    approved: bool = False
    approval_id: str = ""
    approval: Approval = Approval.model_construct()
