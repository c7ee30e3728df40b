-- Hot spots of prostitution removed in the window.
SELECT h.unit AS unit, h.id AS subject, h.id AS record, 1 AS num, NULL AS den
FROM hotspot h
WHERE h.kind = 'prostitution' AND h.state = 'removed' AND h.state_since BETWEEN :t0 AND :t1
