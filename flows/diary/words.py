"""Words by which a diary's columns, statuses and sources are recognised, in several languages."""

import re
from typing import Final, Literal

from models.application import Source, Status

NOTHING: Final = "nothing"
"""The meaning of a word that tells no news."""
Meaning = Status | Literal["nothing"]

_S = Status
COLUMNS: dict[str, str] = {
    "status_date": "status date|response date|date of response|date response|last action|"
    "last update|"
    "updated|decision date|datum reactie|reactiedatum|datum rückmeldung|antwortdatum|"
    "fecha de respuesta|fecha respuesta|date de réponse",
    "applied": "date applied|applied date|application date|applied on|date of application|applied|"
    "date submitted|submitted|sollicitatiedatum|datum sollicitatie|gesolliciteerd op|"
    "gesolliciteerd|"
    "bewerbungsdatum|datum der bewerbung|beworben am|beworben|fecha de solicitud|fecha solicitud|"
    "fecha de aplicación|date de candidature|date|datum|fecha|timestamp|day",
    "company": "company|company name|employer|organisation|organization|firm|bedrijf|bedrijfsnaam|"
    "werkgever|organisatie|firma|unternehmen|arbeitgeber|empresa|compañía|entreprise|société|azienda|"
    "name|naam",
    "job_title": "job title|title|position|role|role name|job|functie|functietitel|vacature|stelle|"
    "stellenbezeichnung|position title|puesto|cargo|poste|ruolo|vacancy",
    "status": "status|application status|stage|result|outcome|state|uitkomst|resultaat|ergebnis|"
    "stand|"
    "estado|resultado|statut|event|gebeurtenis|ereignis|evento",
    "location": "location|city|place|plaats|locatie|stad|ort|standort|ubicación|ciudad|lieu|ville",
    "source": "source|found via|via|application site|site|platform|job board|bron|quelle|jobportal|"
    "portal|fuente|plateforme",
    "match_score": "match score|match|score|fit",
    "id": "id|application id|applicationid|bewerbungsid|reference|referentie|ref",
}
EVENT_COLUMN = re.compile(r"event|gebeurtenis|ereignis|evento", re.IGNORECASE)
WORDS: tuple[tuple[Meaning, str], ...] = (
    (
        NOTHING,
        "ghost|no response|no answer|geen reactie|keine antwort|keine reaktion|sin respuesta|"
        "sans réponse|follow|deadline|next|reminder",
    ),
    (
        _S.REJECTED,
        "reject|eject|not selected|unsuccessful|declined|denied|no longer|afgewezen|afwijzing|"
        "absage|abgelehnt|abgesagt|rechaz|descartad|refus|closed",
    ),
    (_S.WITHDRAWN, "withdr|teruggetrokken|ingetrokken|zurückgezogen|retirad|retiré"),
    (_S.HIRED, "hired|accepted|signed|aangenomen|angenommen|eingestellt|contratad|embauch"),
    (_S.OFFER_RECEIVED, "offer|aanbod|aanbieding|angebot|zusage|oferta|offre"),
    (_S.SHORTLISTED, "screen|shortlist|assessment|challenge|test|phone|recruiter|contacted"),
    (_S.INTERVIEWED, "interviewed|after interview|na gesprek|nach dem gespräch"),
    (
        _S.INTERVIEW_SCHEDULED,
        "interview|gesprek|gespräch|entrevista|entretien|onsite|on-site|final round",
    ),
    (_S.VIEWED, "viewed|bekeken|angesehen|gesehen|visto|consulté|under review|in review"),
    (
        _S.APPLIED,
        "applied|submitted|sent|gesolliciteerd|verstuurd|beworben|gesendet|enviad|aplicad|"
        "solicitad|postul|envoyé",
    ),
    (
        NOTHING,
        "pending|waiting|wacht|afwachting|warte|ausstehend|offen|pendiente|espera|attente|ongoing|"
        "open|lopend|nothing|in progress",
    ),
)
SOURCES: tuple[tuple[Source, str], ...] = (
    (Source.REFERRAL, "referral|referred|friend|via via|empfehlung|referido"),
    (Source.COMPANY_SITE, "company|career|website|bedrijfssite|firmenseite"),
    (Source.RECRUITER, "recruit|agency|staffing|uitzend|headhunter"),
    (
        Source.JOB_BOARD,
        "linkedin|indeed|glassdoor|monster|stepstone|infojobs|dice|board|xing|greenhouse|"
        "lever|ashby|workday|ziprecruiter|portal",
    ),
    (Source.SOCIAL, "facebook|twitter|instagram|reddit|social"),
)
