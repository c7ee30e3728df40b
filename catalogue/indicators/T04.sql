-- People helped by volunteers: clients of an assignment to a volunteer at some day of the window, or of a
-- contact in it. What was assigned to an organisation alone is not the volunteers' work. The subject is the
-- client, once, however many helpers there were.
WITH help AS (
    SELECT a.unit AS unit, a.client AS client, a.id AS record, a.purpose AS purpose
    FROM assignment a
    WHERE a.member IS NOT NULL AND a.from_on <= :t1 AND (a.to_on IS NULL OR a.to_on >= :t0)
    UNION ALL
    SELECT c.unit, c.client, c.id, a.purpose
    FROM contact_log c
    LEFT JOIN assignment a ON a.id = c.assignment
    WHERE c.on_date BETWEEN :t0 AND :t1
      AND (c.by_member IS NOT NULL OR a.id IS NULL OR a.member IS NOT NULL)
)
SELECT h.unit AS unit, coalesce(pr.root, h.client) AS subject, h.record AS record, 1 AS num, NULL AS den,
       coalesce(h.purpose, '') AS by1, coalesce(rp.sex, p.sex, '') AS by2
FROM help h
LEFT JOIN person_root pr ON pr.person = h.client
LEFT JOIN person p ON p.id = h.client
LEFT JOIN person rp ON rp.id = pr.root
