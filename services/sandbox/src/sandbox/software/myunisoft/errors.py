"""The vendor's error codes that this stand-in gives, as data, and the body in which they travel.

Codes and what they are for come from the vendor's public table (docs/erreurs.md). The sentences are ours: the vendor
asks integrators to test the code and keeps the right to reword. `assumed` marks a row whose code or HTTP status is
nowhere published for this case.
"""

from dataclasses import dataclass

from sandbox.domain.faults import Refused


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A code, its HTTP status and a sentence with places `{0}`, `{1}` for what it is about."""

    code: str
    status: int
    message: str
    assumed: bool = False


class VendorError(Refused):
    """The software refuses a request. `headers` go with the answer."""

    def __init__(self, code: str, *values: object, headers: dict[str, str] | None = None) -> None:
        row = ERRORS[code]
        self.code = code
        self.status = row.status
        self.message = row.message.format(*values)
        self.headers = headers or {}
        super().__init__(f"{code}: {self.message}")


ROWS = (
    # Access: the codes are published, their HTTP statuses are not.
    ErrorRow("ERR-INVALID-AUTH-HEADER", 401, "L'en-tête Authorization doit commencer par Bearer.", assumed=True),
    ErrorRow("ERR-INVALID-JWT", 401, "Le jeton transmis n'est pas valide.", assumed=True),
    ErrorRow("ERR-API-TOKEN-NOT-FOUND", 401, "Ce jeton de dossier n'existe pas ou a été révoqué.", assumed=True),
    ErrorRow("ERR-FIRM-TOKEN-NOT-FOUND", 401, "Ce jeton de cabinet n'existe pas ou a été révoqué.", assumed=True),
    ErrorRow("ERR-SECRET-HEADER-NOT-SET", 401, "L'en-tête X-Third-Party-Secret est absent.", assumed=True),
    ErrorRow("ERR-INVALID-SECRET", 401, "L'en-tête X-Third-Party-Secret n'est pas valide.", assumed=True),
    ErrorRow("ERR-THIRD-PARTY-DISCONNECTED", 403, "L'intégration a été déconnectée par MyUnisoft.", assumed=True),
    ErrorRow("ERR-FORBIDDEN-ROUTE", 403, "Ce jeton ne donne pas accès à cette route.", assumed=True),
    ErrorRow("ERR-TOKEN-NOT-ACTIVATED", 403, "Ce jeton n'a pas encore été activé.", assumed=True),
    ErrorRow("ERR-SOCIETY-ID-NOT-SET", 400, "L'en-tête society-id est absent ou n'est pas un nombre.", assumed=True),
    ErrorRow("ERR-SOCIETY-DOESNT-EXIST", 404, "La société demandée n'existe pas.", assumed=True),
    # Limits and the service itself.
    ErrorRow("ERR-TOO-MANY-REQUEST", 429, "La limite de requêtes de ce jeton est dépassée."),
    ErrorRow("ERR-TOO-MANY-CONCURRENT-REQUESTS", 429, "Trop de requêtes simultanées sur cette route."),
    ErrorRow("ERR-API-UNDER-MAINTENANCE", 503, "L'API est en maintenance.", assumed=True),
    ErrorRow("ERR-INTERNAL", 500, "Erreur interne du serveur."),
    ErrorRow("ERR-HTTP", 404, "Route inconnue.", assumed=True),
    ErrorRow("ERR-BAD-REQUEST", 400, "La requête est mal formée : {0}.", assumed=True),
    ErrorRow("ERR-ENTRY-NOT-FOUND", 404, "Aucune écriture ne correspond.", assumed=True),
    ErrorRow("SOCIETE16", 400, "Société introuvable."),
    ErrorRow("ETAB3", 400, "L'établissement n'est pas celui de la société en cours."),
    # Entries.
    ErrorRow("ECR1", 400, "Écriture non validée : le total des débits diffère de celui des crédits."),
    ErrorRow("ECR2", 400, "Le débit ou le crédit n'est pas un montant valide."),
    ErrorRow("ECR4", 400, "L'écriture est invalide : {0}.", assumed=True),
    ErrorRow("ECR6", 400, "La date de pièce est invalide."),
    ErrorRow("ECR9", 400, "La saisie est impossible sur un exercice clôturé."),
    ErrorRow("ECR10", 400, "Aucun exercice ne contient la date de l'écriture."),
    ErrorRow("ECR17", 400, "Une écriture de type {0} ne peut pas être créée."),
    ErrorRow("ECR27", 400, "Une ligne ne peut porter à la fois un débit et un crédit."),
    ErrorRow("ECR36", 400, "Une écriture de banque doit mouvementer un compte 51 ou 54."),
    ErrorRow("ECR37", 400, "Une écriture de caisse doit mouvementer un compte 53."),
    ErrorRow("ECR39", 400, "Aucune ligne d'écriture n'a été fournie."),
    ErrorRow("ECR42", 400, "L'intitulé d'une ligne d'écriture est vide."),
    # That DEADLINE1 is what a deadline before the date gives is read from its published sentence.
    ErrorRow("DEADLINE1", 400, "L'échéance ne peut précéder la date de pièce."),
    ErrorRow("UNIK3", 400, "L'identifiant partenaire de l'écriture existe déjà.", assumed=True),
    ErrorRow("TYPEPAY1", 400, "Ce type de paiement n'est pas celui de la société."),
    # Accounts.
    ErrorRow("COMPTE2", 400, "Ce compte n'existe pas."),
    ErrorRow("COMPTE3", 400, "Le numéro de compte est à renseigner."),
    ErrorRow("COMPTE4", 400, "L'intitulé du compte est à renseigner."),
    ErrorRow("COMPTE5", 400, "Ce compte est celui d'une autre société."),
    ErrorRow("COMPTE6", 400, "Un numéro de compte commence par un chiffre de 1 à 9."),
    ErrorRow("COMPTE7", 400, "Un numéro de compte compte 20 caractères au plus."),
    ErrorRow("COMPTE32", 400, "Le compte {0} est fermé."),
    # Journals, periods. JOURNAL11 carries a free sentence; that it says which accounts a type refuses is assumed, and
    # that a journal shown as `blocked` answers JOURNAL2 and one shown as `closed` JOURNAL21.
    ErrorRow("JOURNAL1", 400, "Un journal est à sélectionner."),
    ErrorRow("JOURNAL2", 400, "Aucune écriture ne peut être ajoutée à un journal clôturé."),
    ErrorRow("JOURNAL3", 400, "Ce journal est invalide."),
    ErrorRow("JOURNAL11", 400, "Un journal de type {0} n'accepte pas le compte {1}.", assumed=True),
    ErrorRow("JOURNAL21", 400, "Ce journal est fermé."),
    ErrorRow("BLOCAGE_PERIODIQUE23", 400, "Période et journal bloqués par {0} le {1} : aucune saisie n'est possible."),
    # Analytics.
    ErrorRow("AXE2", 400, "L'axe {0} est introuvable."),
    ErrorRow("SECTION002", 400, "La section {0} est introuvable."),
    ErrorRow("ANALYT003", 400, "Seuls les comptes 6 et 7 reçoivent une ventilation analytique."),
    ErrorRow("ANALYT004", 400, "La ventilation analytique n'égale pas le montant de la ligne."),
    # Documents.
    ErrorRow("DOCUMENT2", 400, "Extension de fichier refusée ; extensions admises : {0}."),
    ErrorRow("DOCUMENT4", 400, "Le nom du fichier est à renseigner."),
    ErrorRow("DOCUMENT6", 400, "La pièce jointe contient une erreur."),
    ErrorRow("DOCUMENT11", 400, "Ce type de document n'est pas autorisé."),
    ErrorRow("DOCUMENT12", 400, "La pièce jointe dépasse 50 Mo.", assumed=True),
)

ERRORS = {row.code: row for row in ROWS}
"""By code. ECR36 names 51 and 54: the vendor's older table names 51 alone, the newer both (`qonto-domain.md` 4.5)."""
