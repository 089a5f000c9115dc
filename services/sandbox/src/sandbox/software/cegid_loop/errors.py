"""What this stand-in refuses with: the import's own messages, and statuses of everything else, as data.

Errors of an import travel with HTTP 200 and `{"error": {"instanceId", "message"}}`. Its messages are the vendor's list
(page EcritureComptableImportJson), word for word, since an integrator has nothing else to tell them apart by. `assumed`
marks a row that is published for another route, second-hand, or not at all.
"""

from dataclasses import dataclass

from sandbox.domain.faults import Refused


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message of the import with places `{0}`, `{1}` for what it is about."""

    name: str
    message: str
    assumed: bool = False


_ISO = "'YYYY-MM-DDTHH:mm:ss.SSSZ'"

MESSAGE_ROWS = (
    MessageRow("no_payload", "Il n'y a pas de payload : la méthode est-elle bien en POST dans la requête ?"),
    MessageRow("no_context", "Le contexte est obligatoire sans l'option multiPeriode"),
    MessageRow("no_lines", "Il n'y a pas d'écritures à importer (l'objet écritures est vide)"),
    MessageRow("lines_no_array", "Les écritures doivent être présentées sous formes de tableau"),
    MessageRow("one_line", "Le tableau d'écritures doit comporter au moins deux lignes"),
    MessageRow("context_dates", f"Les dates du contexte doivent être au format ISO {_ISO}"),
    MessageRow("evidence_date", f"La date du justificatif doit être au format ISO {_ISO}"),
    MessageRow("half_cut_off", "Les dates de début et fin de cut-off doivent être renseignées ensemble"),
    MessageRow("cut_off_start", f"La date de début de cut-off doit être au format ISO {_ISO}"),
    MessageRow("cut_off_end", f"La date de fin de cut-off doit être au format ISO {_ISO}"),
    MessageRow(
        "bad_siret",
        "Le numéro SIRET est invalide : il doit comporter 14 chiffres et respecter l'algorithme de Luhn"
        " sur l'écriture numéro {0}",
    ),
    MessageRow("mixed_siren", "Les SIRET des écritures doivent appartenir à la même entreprise (SIREN identique)"),
    MessageRow(
        "unknown_establishment", "L'établissement correspondant au SIRET {0} n'est pas reconnu pour le dossier {1}"
    ),
    # Published for importPerso; `vendor-apis.md` counts an unknown file among the messages of importJson.
    MessageRow("no_folder_code", "Le codeIbs n'est pas spécifié.", assumed=True),
    MessageRow("unknown_folder", "Le dossier {0} n'existe pas sur le domaine.", assumed=True),
    MessageRow(
        "bad_header_siret",
        "Le numéro SIRET est invalide : il doit comporter 14 chiffres et respecter l'algorithme de Luhn",
        assumed=True,
    ),
    # Seen by Qonto's users (LOOP-2); how much of the sentence is Loop's own, and its language, is not published.
    MessageRow(
        "no_access",
        "An error occurred during the JSON import request: The collaborator {0} does not have access to the folder {1}",
        assumed=True,
    ),
    # What the field table forbids and the list of messages does not name.
    MessageRow("malformed", "La demande d'import est invalide : {0}", assumed=True),
)
"""In the order of the vendor's list, which is the order of the checks too: assumed."""

MESSAGES = {row.name: row for row in MESSAGE_ROWS}


class ImportRefused(Refused):
    """The import refuses a request at once: HTTP 200 with an error object. `name` is the row's."""

    def __init__(self, name: str, *values: object) -> None:
        self.name = name
        self.message = MESSAGES[name].message.format(*values)
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A refusal by HTTP status, with a sentence of ours: none of them is published."""

    name: str
    status: int
    message: str


STATUS_ROWS = (
    StatusRow("no_subscription_key", 401, "Access denied: no subscription key was sent."),
    StatusRow("bad_subscription_key", 401, "Access denied: this subscription key is not valid or not active."),
    StatusRow("no_api_key", 401, "L'en-tête x-apikey est absent ou n'est pas de la forme clé:secret."),
    StatusRow("bad_api_key", 401, "La clé d'API est inconnue, révoquée ou son secret est faux."),
    StatusRow("key_not_in_hub", 403, "La clé d'API n'est pas activée dans LoopHub."),
    StatusRow("forbidden_route", 403, "Cette clé d'API ne donne pas accès à cette route."),
    StatusRow("no_access", 403, "The collaborator {0} does not have access to the folder {1}"),
    StatusRow("unknown_folder", 404, "Le dossier {0} n'existe pas sur le domaine."),
    StatusRow("unknown_request", 404, "Aucune demande d'import ne porte l'identifiant {0}."),
    StatusRow("bad_query", 400, "La requête est invalide : {0}"),
    StatusRow("unknown_route", 404, "Resource not found."),
    StatusRow("throttled", 429, "Rate limit is exceeded. Try again in {0} seconds."),
    StatusRow("internal", 500, "Erreur interne du serveur."),
    StatusRow("maintenance", 503, "Le service est en maintenance."),
)
"""All assumed: statuses by what the header's name says of the gateway (Azure API Management), the rest by HTTP."""

STATUSES = {row.name: row for row in STATUS_ROWS}


class StatusRefused(Refused):
    """The API refuses a request by its HTTP status. `headers` go with the answer; `name` is the row's."""

    def __init__(self, name: str, *values: object, headers: dict[str, str] | None = None) -> None:
        row = STATUSES[name]
        self.name = name
        self.status = row.status
        self.message = row.message.format(*values)
        self.headers = headers or {}
        super().__init__(f"{self.status}: {self.message}")
