-- Communes with a hamlet that is especially difficult or has many migrants (den), and of them those with a session
-- of A02 in every quarter of the window (num). The records are these hamlets.
WITH RECURSIVE quarter(first, last) AS (
    SELECT date(:t0), date(:t0, '+1 month', '+1 month', '+1 month', '-1 day')
    UNION ALL
    SELECT date(last, '+1 day'), date(last, '+1 day', '+1 month', '+1 month', '+1 month', '-1 day')
    FROM quarter WHERE last < :t1
), session AS (
    SELECT a.unit, a.on_date FROM activity a JOIN hamlet h ON h.id = a.hamlet_ref
    WHERE a.kind = 'direct' AND a.on_date BETWEEN :t0 AND :t1 AND (h.hardship = 'special' OR h.migrants_many = 1)
), steady AS (
    SELECT x.unit FROM session x JOIN quarter q ON x.on_date BETWEEN q.first AND q.last
    GROUP BY x.unit HAVING count(DISTINCT q.first) = (SELECT count(*) FROM quarter)
)
SELECT h.unit AS unit, h.unit AS subject, h.id AS record, h.unit IN (SELECT unit FROM steady) AS num,
       1 AS den
FROM hamlet h
WHERE (h.hardship = 'special' OR h.migrants_many = 1) AND (h.ended_on IS NULL OR h.ended_on > :t1)
