use lumi_domain::Lang;

use super::Table;

/// French.
pub(super) const TABLE: Table = Table {
    lang: Lang::two(*b"fr"),
    months: [
        "janvier|janv|jan",
        "février|févr|fév",
        "mars",
        "avril|avr",
        "mai",
        "juin",
        "juillet|juil",
        "août|aout|aou",
        "septembre|sept|sep",
        "octobre|oct",
        "novembre|nov",
        "décembre|déc",
    ],
    weekdays: [
        "lundi|lun",
        "mardi|mar",
        "mercredi|mer",
        "jeudi|jeu",
        "vendredi|ven",
        "samedi|sam",
        "dimanche|dim",
    ],
    days: &[
        (0, "aujourd'hui|aujourdhui|ce jour|ce soir|ce matin|cet après-midi|maintenant"),
        (1, "demain"),
        (2, "après-demain|apres demain"),
        (-1, "hier|la veille|le jour d'avant"),
        (-2, "avant-hier"),
    ],
    weeks: &[],
    eras: &[],
    numbers: &[
        (1, "un|une|premier|première"),
        (2, "deux|deuxième"),
        (3, "trois|troisième"),
        (4, "quatre|quatrième"),
        (5, "cinq|cinquième"),
        (6, "six|sixième"),
        (7, "sept|septième"),
        (8, "huit|huitième"),
        (9, "neuf|neuvième"),
        (10, "dix|dixième"),
        (11, "onze"),
        (12, "douze"),
        (13, "treize"),
        (14, "quatorze"),
        (15, "quinze"),
        (16, "seize"),
        (17, "dix-sept"),
        (18, "dix-huit"),
        (19, "dix-neuf"),
        (20, "vingt"),
        (21, "vingt et un|vingt-et-un"),
        (22, "vingt-deux"),
        (23, "vingt-trois"),
        (24, "vingt-quatre"),
        (25, "vingt-cinq"),
        (26, "vingt-six"),
        (27, "vingt-sept"),
        (28, "vingt-huit"),
        (29, "vingt-neuf"),
        (30, "trente"),
        (31, "trente et un|trente-et-un"),
    ],
    units: ["jour|jours", "semaine|semaines|sem", "mois", "an|ans|année|années"],
    weekend: "week-end|weekend|we",
    ahead: "dans|d'ici|plus tard|d'ici à",
    ago: "il y a|y a",
    next: "prochain|prochaine|prochains|prochaines|suivant|suivante|qui vient|à venir",
    this: "ce|cet|cette",
    last: "dernier|dernière|derniers|passé|passée|précédent|précédente",
    from: "du|de|depuis|dès|entre|à partir du|à partir de|à compter du",
    to: "au|jusqu'au|jusqu'à|jusqu'en|à|inclus jusqu'au",
    and: "et",
    article: "le",
    ordinal: "er|ère|re|e|ème|eme|nd|nde",
    skip: "le|la|les|de|du|d|l|en|au|mois de|mois d'|date",
    decoy: "un peu",
    triggers: "vacances|vacance|congé|congés|rtt|absence|absences|fermeture|jours de congé|jour de congé\
        |en vacances|en congé|en congés|repos|fermé|fermés",
    fillers: "je|j|j'ai|nous|on|veux|voudrais|veut|voulons|souhaite|souhaiterais|souhaitons|aimerais|aimerions|dois|vais|vas\
        |pars|partons|part|suis|sommes|serai|serons|sera|poser|pose|prendre|prends|prenons|déclarer|enregistrer|ajouter|ajoute|noter\
        |saisir|planifier|programmer|demander|demande|faire|mettre|mes|mon|nos|notre|ma|des|les|la|le|l|d|de|du|un|une|mon|ma\
        |en|pour|bonjour|salut|bonsoir|coucou|svp|s'il te plaît|s'il vous plaît|annuels|annuel|payés|d'été|d'hiver|nouvelles|nouveau\
        |nouveaux|besoin|ai|être",
    yes: "oui|ouais|ouai|ui|yep|ok|okay|d'accord|dac|daccord|confirmer|confirme|je confirme|confirmé|c'est bon|c'est ça|exact\
        |exactement|parfait|valider|valide|je valide|validé|bien sûr|tout à fait|correct|enregistrer|enregistre|c'est correct\
        |ça marche|ça me va|absolument|entendu|c'est juste|va pour ça",
    no: "non|nan|annuler|annule|annulez|annulé|stop|arrêter|arrête|arrêtez|pas question|laisse tomber|laissez tomber|abandonner\
        |c'est faux|faux|incorrect|surtout pas|pas du tout|quitter|refuser|je refuse|pas d'accord|ne pas enregistrer",
    polite: "merci|svp|stp|s'il te plaît|s'il vous plaît|tout|c'est|est|bien|très|je|beaucoup|ça|le|la|pas|et|tu peux|vous pouvez",
    questions: "est-ce que|est ce que|qu'est-ce|quel|quelle|quels|quelles|quand|où|comment|pourquoi|combien|qui|que|quoi|êtes-vous\
        |avez-vous|as-tu|es-tu|peut-on|puis-je|pouvez-vous|faut-il|y a-t-il|proposez-vous|faites-vous|vendez-vous|acceptez-vous",
    common: "le|la|les|des|est|vous|je|et|pour|une|un|dans|que|qui|du|de|sur|avec|êtes|avez|votre|vos|nous|pas|ce|c'est|quel\
        |quelle|quand|comment|où|puis|peut|est-ce|mon|bonjour|merci|à|au|aux|il|elle|mes|ma|vers|ouvrez|ouverts|ouvert|heure\
        |horaires|y|a-t-il|l|d|j|combien|pouvez|été|fait|proposez",
};
