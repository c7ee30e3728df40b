-- Participations in behaviour-change communication.
SELECT a.unit AS unit, a.id AS subject, a.id AS record, a.participants AS num, NULL AS den,
       coalesce(a.field, '') AS by1
FROM activity a
WHERE a.kind = 'behaviour_change' AND a.on_date BETWEEN :t0 AND :t1 AND a.participants IS NOT NULL
