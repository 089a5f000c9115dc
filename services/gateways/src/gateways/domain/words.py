"""What the gateways themselves have to say about a delivery or a connection, beside the software's own words."""

from datetime import UTC, datetime

from qontable.events.delivery import SoftwareMessage

_LOOK_AND_ANSWER = {
    "fr": "Cherchez l'écriture dans le logiciel, puis répondez : elle y est, elle n'y est pas, ou abandonnez-la.",
    "en": "Look for the entry in the software, then answer: it is there, it is not, or drop it.",
}
_NOTHING_TO_DO = {"fr": "Rien à faire.", "en": "Nothing to do."}
_LOOKED_UP = {
    "fr": "Rien à faire : nous cherchons l'écriture dans le logiciel avant tout nouvel envoi.",
    "en": "Nothing to do: we look for the entry in the software before anything is sent again.",
}
_TELL_SUPPORT = {"fr": "Signalez-le au support.", "en": "Tell support."}
_TELL_OR_RELEASE = {
    "fr": "Signalez-le au support ; ou répondez « elle n'y est pas », puis validez de nouveau l'écriture.",
    "en": "Tell support; or answer “it is not there”, then validate the entry again.",
}

WORDS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "orphaned": (
        {
            "fr": "Notre passerelle s'est arrêtée entre l'envoi de l'écriture et l'enregistrement de la réponse.",
            "en": "The gateway stopped between sending the entry and noting the answer.",
        },
        _LOOKED_UP,
    ),
    "connector_fault": (
        {
            "fr": "Notre connecteur a échoué pendant l'envoi de l'écriture.",
            "en": "Our connector failed while it was sending the entry.",
        },
        _LOOKED_UP,
    ),
    "not_answered": (
        {
            "fr": "Notre connecteur a échoué pendant qu'il interrogeait le logiciel.",
            "en": "Our connector failed while it was asking the software.",
        },
        _TELL_SUPPORT,
    ),
    "cannot_be_excluded": (
        {
            "fr": "Le logiciel ne montre pas l'écriture, mais il n'est pas exclu qu'elle y arrive encore.",
            "en": "The software does not show the entry, but we cannot exclude that it still arrives.",
        },
        _LOOK_AND_ANSWER,
    ),
    "taken_but_absent": (
        {
            "fr": "Le logiciel dit la référence de l'écriture déjà utilisée, mais ne montre rien qui la porte.",
            "en": "The software refuses the entry's reference as used already, but shows no entry under it.",
        },
        {
            "fr": "Cherchez dans le logiciel, brouillons et corbeille compris, ce qui porte déjà cette référence. Si"
            " c'est l'écriture, répondez « elle y est » ; sinon libérez-la, puis répondez « elle n'y est pas ».",
            "en": "Look in the software, drafts and bin included, for what bears this reference. If it is the entry,"
            " answer “it is there”; if not, free the reference, then answer “it is not there”.",
        },
    ),
    "gave_up": (
        {
            "fr": "72 heures d'essais ont échoué ; l'écriture n'a pas été envoyée.",
            "en": "72 hours of tries have failed; the entry was not sent.",
        },
        {
            "fr": "Vérifiez que le logiciel répond, puis relancez la connexion : tout ce qui attend repart.",
            "en": "Make sure that the software answers, then resume the connection: all that waits leaves again.",
        },
    ),
    "gave_up_asking": (
        {
            "fr": "Pendant 72 heures, le logiciel n'a pas pu dire s'il a l'écriture.",
            "en": "For 72 hours the software could not be asked whether it has the entry.",
        },
        _LOOK_AND_ANSWER,
    ),
    "not_in_books": (
        {
            "fr": "Le logiciel a pris l'écriture, mais sa comptabilité ne la montre pas.",
            "en": "The software took the entry, but its books do not show it.",
        },
        _LOOK_AND_ANSWER,
    ),
    "batch_refused": (
        {
            "fr": "Le logiciel a refusé les écritures parties ensemble ; nous cherchons celles qu'il a comptabilisées.",
            "en": "The software refused the entries that left together; we look which of them it has booked.",
        },
        _LOOKED_UP,
    ),
    "batch_divided": (
        {
            "fr": "Le logiciel a refusé les écritures parties ensemble sans dire laquelle est en cause.",
            "en": "The software refused the entries that left together without saying which is to blame.",
        },
        {
            "fr": "Rien à faire : elles repartent par groupes de moitié, jusqu'à ce que la fautive soit seule.",
            "en": "Nothing to do: they leave again in halves, until the one to blame stands alone.",
        },
    ),
    "job_without_end": (
        {
            "fr": "Depuis 72 heures, le logiciel dit qu'il traite encore l'écriture.",
            "en": "For 72 hours the software has said that it is still working on the entry.",
        },
        _LOOK_AND_ANSWER,
    ),
    "already_delivered": (
        {
            "fr": "Cette écriture a déjà été transmise : elle n'est pas envoyée une seconde fois.",
            "en": "This entry has been delivered before: it is not sent a second time.",
        },
        _NOTHING_TO_DO,
    ),
    "delivery_open": (
        {
            "fr": "Un autre envoi de cette écriture n'est pas terminé : celui-ci ne part pas.",
            "en": "Another delivery of this entry is not finished: this one is not sent.",
        },
        {
            "fr": "Attendez la fin de l'autre envoi, ou répondez-y s'il attend une réponse.",
            "en": "Wait for the end of the other delivery, or answer it if it waits for a person.",
        },
    ),
    "set_aside": (
        {
            "fr": "Notre passerelle n'a pas pu prendre cet ordre ; l'écriture n'a pas été envoyée.",
            "en": "The gateway could not take this order; the entry was not sent.",
        },
        _TELL_OR_RELEASE,
    ),
    "never_taken": (
        {
            "fr": "Aucune passerelle n'avait pris cet ordre ; l'écriture n'a pas été envoyée.",
            "en": "No gateway had taken this order; the entry was not sent.",
        },
        {"fr": "Validez de nouveau l'écriture pour l'envoyer.", "en": "Validate the entry again to send it."},
    ),
    "entry_unreadable": (
        {
            "fr": "L'écriture à envoyer est illisible ; elle n'a pas été envoyée.",
            "en": "The dispatched entry cannot be read; it was not sent.",
        },
        _TELL_SUPPORT,
    ),
    "foreign_connection": (
        {
            "fr": "La connexion appartient à un autre cabinet ; l'écriture n'a pas été envoyée.",
            "en": "The connection belongs to another firm; the entry was not sent.",
        },
        _TELL_SUPPORT,
    ),
    "asked_again": (
        {
            "fr": "Quelqu'un a relancé l'envoi : nous demandons au logiciel s'il a l'écriture.",
            "en": "A person let it go on: the software is asked whether it has the entry.",
        },
        _LOOKED_UP,
    ),
    "restored": (
        {
            "fr": "Nos données viennent d'une sauvegarde : l'écriture a pu être envoyée entre-temps.",
            "en": "Our records were restored from a backup: the entry may have been sent meanwhile.",
        },
        _LOOKED_UP,
    ),
    "recalled": (
        {
            "fr": "Reprise avant d'être envoyée.",
            "en": "Taken back before it was sent.",
        },
        _NOTHING_TO_DO,
    ),
    "found_by_person": (
        {
            "fr": "Quelqu'un a trouvé l'écriture dans le logiciel.",
            "en": "A person found the entry in the software.",
        },
        _NOTHING_TO_DO,
    ),
    "dropped_by_person": (
        {
            "fr": "Quelqu'un a abandonné cet envoi.",
            "en": "A person dropped this delivery.",
        },
        _NOTHING_TO_DO,
    ),
    "credentials_unreadable": (
        {
            "fr": "Les identifiants enregistrés ne peuvent plus être ouverts : leur clé n'est plus là.",
            "en": "The kept credentials cannot be opened: their key is not here any more.",
        },
        {"fr": "Saisissez à nouveau les identifiants du logiciel.", "en": "Type the software's credentials again."},
    ),
    "connection_disabled": (
        {
            "fr": "La connexion est désactivée.",
            "en": "The connection is switched off.",
        },
        {"fr": "Réactivez la connexion.", "en": "Switch the connection on again."},
    ),
    "connection_unknown": (
        {
            "fr": "Les passerelles ne connaissent pas cette connexion.",
            "en": "The gateways have not heard of this connection.",
        },
        _TELL_SUPPORT,
    ),
    "document_not_taken_later": (
        {
            "fr": "Le logiciel ne prend pas de justificatif après l'écriture.",
            "en": "The software takes no document after the entry.",
        },
        {"fr": "Ajoutez le justificatif dans le logiciel.", "en": "Add the document in the software."},
    ),
    "account_unknown": (
        {
            "fr": "Le logiciel n'a pas confirmé le compte.",
            "en": "The software did not confirm the account.",
        },
        _TELL_SUPPORT,
    ),
}
"""Category → our sentence, and what to do about it, in both languages."""


def words(category: str) -> SoftwareMessage:
    """Our message of this category."""
    return SoftwareMessage.of_ours(category, *WORDS[category])


def bidden_to_wait(message: SoftwareMessage | None, until: datetime) -> SoftwareMessage:
    """The software's words with which it bids us wait, and until when we do."""
    instant = f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    remedy = {
        "fr": f"Rien à faire : le logiciel nous demande d'attendre, le prochain essai a lieu à partir du {instant}.",
        "en": f"Nothing to do: the software bids us wait, the next try is made from {instant} on.",
    }
    if message is None:
        said = {"fr": "Le logiciel nous demande d'attendre.", "en": "The software bids us wait."}
        return SoftwareMessage.of_ours("too_many_requests", said, remedy)
    return SoftwareMessage(**{**message.model_dump(), "remedy": remedy})


def authorisation_ends(until: datetime) -> SoftwareMessage:
    """What to do about an authorisation that the software does not renew any more, and until when it still works."""
    instant = f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return SoftwareMessage.of_ours(
        "authorisation_ends",
        {
            "fr": "Le logiciel ne renouvelle plus son autorisation ; celle que nous avons vaut encore quelque temps.",
            "en": "The software does not renew its authorisation; what we have still works for some time.",
        },
        {
            "fr": f"Autorisez de nouveau la connexion dans le menu Intégrations avant le {instant} : jusque-là, tout"
            " part comme d'habitude.",
            "en": f"Authorise the connection again in the Integrations menu before {instant}: until then, everything"
            " leaves as usual.",
        },
    )


def spare_in_use() -> SoftwareMessage:
    """An authorisation is over, and other credentials that were typed with it have taken its place."""
    return SoftwareMessage.of_ours(
        "spare_in_use",
        {
            "fr": "Le logiciel ne renouvelle plus son autorisation ; les autres identifiants donnés avec elle servent.",
            "en": "The software does not renew its authorisation any more; the other credentials given with it are"
            " used.",
        },
        {
            "fr": "Autorisez de nouveau la connexion dans le menu Intégrations quand vous le pourrez : d'ici là, tout"
            " part avec les autres identifiants donnés.",
            "en": "Authorise the connection again in the Integrations menu when you can: until then, everything leaves"
            " with the other credentials given.",
        },
    )
