"""Who has signed a building's period: the request that waits, or the lock; whose signatures are void, by name."""

from dataclasses import dataclass

from central.domain.approval import chain_of, step_now
from central.office.approvals import signed_of as signed_steps
from central.office.models import Approval
from central.office.setting_words import office_word
from central.reports.agreement.models import AgreementLock


@dataclass(frozen=True, slots=True)
class Signed:
    """How far signing is. `number`: the request; `void`: it was ended, and why."""

    number: int = 0
    is_locked: bool = False
    names: tuple[str, ...] = ()
    waits_for: str = ""
    void: str = ""

    @property
    def is_waiting(self) -> bool:
        """Say whether somebody has still to sign."""
        return bool(self.number) and not self.is_locked and not self.void


def signed_of(lock: AgreementLock | None, request: Approval | None) -> Signed:
    """Give who signed what stands now; `request`: the newest one."""
    if lock is not None:
        return Signed(lock.approval, True, (lock.asked_by, *lock.signed_by))
    if request is None:
        return Signed()
    names = tuple(
        f"{office_word(one.office)} {one.person.spoken_name}"
        for one in request.signatures.all()
        if one.approve
    )
    names = (request.asked_by.spoken_name, *names)
    if request.state != Approval.State.WAITING:
        return Signed(request.number, names=names, void=request.outcome or str(request.get_state_display()))
    chain = chain_of(request.chain)
    step = step_now(chain, signed_steps(request))
    offices = ", ".join(str(office_word(one)) for one in chain[step].offices) if step is not None else ""
    return Signed(request.number, names=names, waits_for=offices)
