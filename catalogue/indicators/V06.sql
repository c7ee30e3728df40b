-- Reintegration models that work at the end of :t1.
SELECT m.unit AS unit, m.id AS subject, m.id AS record, 1 AS num, NULL AS den
FROM reintegration_model m
WHERE m.started_on <= :t1 AND (m.ended_on IS NULL OR m.ended_on > :t1)
