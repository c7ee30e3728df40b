-- As D02, but who was taken off a commune's list because of a move, death or as a duplicate is no reduction, and
-- who was put on it because he or she moved in is no increase: neither counts at the start or end it left or
-- reached so. All who were there at the start stay in the denominator.
WITH listed AS (
    SELECT d.unit, coalesce(pr.root, d.person) AS root, d.id AS record, d.list_reason, d.close_reason,
           d.dossier_closed_on, coalesce(d.listed_on, d.dossier_opened_on, '') AS since
    FROM drug_case d
    LEFT JOIN person_root pr ON pr.person = d.person
    WHERE d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL)
), at_start AS (
    SELECT l.* FROM listed l
    WHERE l.since < :t0 AND (l.dossier_closed_on IS NULL OR l.dossier_closed_on >= :t0)
), at_end AS (
    SELECT l.* FROM listed l
    WHERE l.since <= :t1 AND (l.dossier_closed_on IS NULL OR l.dossier_closed_on > :t1)
)
SELECT s.unit AS unit, 'start' || hex(s.root) AS subject, s.record AS record,
       NOT (coalesce(s.dossier_closed_on <= :t1, 0) AND s.close_reason IN ('moved', 'died', 'duplicate')
            AND coalesce(s.unit || hex(s.root) NOT IN (SELECT e.unit || hex(e.root) FROM at_end e), 1)) AS num,
       1 AS den
FROM at_start s
UNION ALL
SELECT e.unit, 'end' || hex(e.root), e.record, -1, 0
FROM at_end e
WHERE NOT (e.since >= :t0 AND coalesce(e.list_reason = 'moved_in', 0)
           AND coalesce(e.unit || hex(e.root) NOT IN (SELECT s.unit || hex(s.root) FROM at_start s), 1))
