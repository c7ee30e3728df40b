-- Records counted by hand for expected.csv. Three communes of Vĩnh Cửu: A = 26170, B = 26173, C = 26176.
-- Windows: the first six months of 2023 (2023-01-01 to 2023-06-30) and its third quarter.
-- Ids are short texts here; "link" feeds the view person_root.

-- v: volunteers, c: clients. v6 is v2 and c3 is c1, each registered in a second commune.
INSERT INTO person (id, unit, full_name, sex) VALUES
 ('v1','26170','Lê Thị Một','female'), ('v2','26170','Trần Văn Hai','male'), ('v3','26170','Võ Văn Ba','male'),
 ('v4','26170','Đỗ Văn Bốn','male'), ('v5','26170','Hồ Thị Năm','female'), ('v6','26173','Trần Văn Hai','other'),
 ('v7','26173','Lý Văn Bảy','male'), ('v8','26176','Bùi Thị Tám','female'), ('v9','26176','Ngô Văn Chín','male'),
 ('v10','26170','Mai Văn Mười','male'),
 ('c1','26170','Phạm Văn Một','male'), ('c2','26170','Phạm Thị Hai','female'), ('c3','26173','Phạm V. Một','other'),
 ('c4','26173','Phạm Văn Bốn','male'), ('c5','26170','Phạm Văn Năm','male'), ('c6','26170','Phạm Văn Sáu','male'),
 ('c7','26173','Phạm Văn Bảy','male'), ('c8','26170','Phạm Thị Tám','female'), ('c9','26170','Phạm Văn Chín','male');
-- On the last day of the six months c1 is 46; c2 is 15 until the day after.
UPDATE person SET dob = '1977-06-30' WHERE id = 'c1';
UPDATE person SET dob = '2007-07-01' WHERE id = 'c2';
INSERT INTO link (person, root) VALUES ('v6','v2'), ('c3','c1');

-- tB is dissolved the day after the six months, tB2 on their last day; tC begins on their last day.
INSERT INTO team (id, unit, name, kind, founded_on, state, state_since) VALUES
 ('tA','26170','Đội A','volunteer_team','2020-01-01','active',NULL),
 ('tA2','26170','Tổ A','post_rehab_group','2020-01-01','active',NULL),
 ('tB','26173','Đội B','volunteer_team','2019-01-01','dissolved','2023-07-01'),
 ('tB2','26173','Đội B2','volunteer_team','2019-01-01','dissolved','2023-06-30'),
 ('tC','26176','Đội C','volunteer_team','2023-06-30','active','2023-06-30');

-- v4 left on the last day, v5 the day after; v7 joined the day after, v6 on the last day; v10 moved from A to B.
INSERT INTO team_member (id, unit, person, team, role, organisation, joined_on, left_on) VALUES
 ('m1','26170','v1','tA','leader','womens_union','2020-01-01',NULL),
 ('m2','26170','v2','tA','member','youth_union','2020-01-01',NULL),
 ('m3','26170','v3','tA','comm_collaborator',NULL,'2020-01-01',NULL),
 ('m4','26170','v4','tA','member',NULL,'2020-01-01','2023-06-30'),
 ('m5','26170','v5','tA','member',NULL,'2020-01-01','2023-07-01'),
 ('m10a','26170','v10','tA','member',NULL,'2021-01-01','2023-04-01'),
 ('m10b','26173','v10','tB','member',NULL,'2023-04-01',NULL),
 ('m6','26173','v6','tB','member',NULL,'2023-06-30',NULL),
 ('m7','26173','v7','tB','member',NULL,'2023-07-01',NULL),
 ('mX','26173','v7','tB2','member',NULL,'2019-01-01',NULL),
 ('m8','26176','v8','tC','leader',NULL,'2023-06-30',NULL),
 ('m9','26176','v9','tC','deputy',NULL,'2023-06-30',NULL);

-- a1 ends on the first day, a2 begins on the last, a3 ended the day before, a6 begins the day after.
INSERT INTO assignment (id, unit, member, assignee_org, client, purpose, from_on, to_on, result) VALUES
 ('a1','26170','m1',NULL,'c1','persuade_rehab','2022-01-01','2023-01-01','entered_rehab'),
 ('a2','26170','m2',NULL,'c2','post_rehab','2023-06-30',NULL,NULL),
 ('a3','26170','m5',NULL,'c1','persuade_rehab','2022-01-01','2022-12-31','none'),
 ('a4','26173','m10b',NULL,'c4','ex_prisoner','2023-04-01',NULL,NULL),
 ('a5','26173',NULL,'police','c7','persuade_rehab','2023-01-01',NULL,NULL),
 ('a6','26173','m6',NULL,'c3','support_rehab','2023-07-01',NULL,NULL);

INSERT INTO contact_log (id, unit, assignment, client, on_date, by_member) VALUES
 ('k1','26170',NULL,'c8','2023-03-03','m1'), ('k2','26170','a1','c1','2023-02-02','m1'),
 ('k3','26170',NULL,'c9','2022-12-31','m1'), ('k4','26173','a5','c7','2023-02-02',NULL),
 ('k5','26173',NULL,'c3','2023-05-05','m6');

-- d2 is closed on the last day, d4 the day after (its mark is gone already); d3 is listed on the last day, d6 the
-- day after; d5 was never on the list.
INSERT INTO drug_case (id, unit, person, status, in_list, listed_on, dossier_closed_on, close_reason) VALUES
 ('d1','26170','c1','addict',1,'2022-05-01',NULL,NULL),
 ('d2','26170','c2','user',1,'2023-02-01','2023-06-30','stable'),
 ('d3','26173','c3','addict',1,'2023-06-30',NULL,NULL),
 ('d4','26173','c4','addict',0,'2021-01-01','2023-07-01','died'),
 ('d5','26170','c5','suspected',0,NULL,NULL,NULL),
 ('d6','26170','c6','addict',1,'2023-07-01',NULL,NULL);

INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('e1','26170','c1','community','2023-01-01','2023-03-01'), ('e2','26173','c3','facility','2023-06-30',NULL),
 ('e3','26170','c2','home','2023-03-01',NULL), ('e4','26173','c7','compulsory','2023-02-01',NULL),
 ('e5','26170','c1','home','2022-12-31','2023-01-15');

-- q2 had its last session before, q3 is closed the day after, q4 does not work any more on the last day.
INSERT INTO counselling_point (id, unit, name, opened_on, state, state_since) VALUES
 ('q1','26170','Điểm A','2022-01-01','active',NULL), ('q2','26173','Điểm B','2022-01-01','active',NULL),
 ('q3','26176','Điểm C','2022-01-01','closed','2023-07-01'),
 ('q4','26170','Điểm A2','2022-01-01','suspended','2023-05-01');
INSERT INTO point_session (id, unit, point, on_date, kind, clients) VALUES
 ('s1','26170','q1','2023-01-01','group',5), ('s2','26173','q2','2022-12-31','group',7),
 ('s3','26176','q3','2023-06-30','meeting',0), ('s4','26170','q4','2023-02-02','individual',3),
 ('s5','26170','q1','2023-07-01','group',9);

INSERT INTO budget_estimate (id, unit, team, year, plan_no, submitted_on, hdnd_approved_on) VALUES
 ('b1','26170','tA',2023,'1/KH','2023-01-05','2023-03-31'), ('b2','26173','tB',2023,'2/KH','2023-01-05','2023-04-01'),
 ('b3','26176',NULL,2023,'3/KH','2023-01-05','2023-01-15'), ('b4','26173','tB',2022,'4/KH','2022-01-05','2022-01-15'),
 ('b5','26173','tB',2023,NULL,'2023-01-05','2023-01-15');

INSERT INTO activity (id, unit, title, kind, field, on_date, participants, distinct_people, channel) VALUES
 ('x1','26170','Tuyên truyền','direct','drugs','2023-01-01',50,45,'direct'),
 ('x2','26170','Giao ban','briefing','social_work','2023-02-01',10,10,NULL),
 ('x3','26173','Tập huấn','training','drugs','2023-06-30',30,NULL,NULL),
 ('x4','26173','Nói chuyện','talk','hiv','2023-07-01',20,20,'direct');

-- 2021: nine communes with one volunteer each, to see who is exempt in its first six months, and other edges.
-- All of it is over at the end of 2021.
INSERT INTO person (id, unit, full_name, sex) VALUES
 ('vD','26179','Người D','male'),
 ('vE','26182','Người E','male'),
 ('vF','26185','Người F','male'),
 ('vG','26188','Người G','male'),
 ('vH','26191','Người H','male'),
 ('vI','26194','Người I','male'),
 ('vJ','26197','Người J','male'),
 ('vK','26200','Người K','male'),
 ('vL','26203','Người L','male'),
 ('cD','26179','Đối tượng D','female'),
 ('cE','26182','Đối tượng E','female'),
 ('cF','26185','Đối tượng F','female'),
 ('cG','26188','Đối tượng G','female'),
 ('cH','26191','Đối tượng H','female'),
 ('cI','26194','Đối tượng I','female'),
 ('cJ','26197','Đối tượng J','female'),
 ('cK','26200','Đối tượng K','female'),
 ('cL','26203','Đối tượng L','female');
INSERT INTO team (id, unit, name, kind, founded_on, state, state_since) VALUES
 ('tD','26179','Đội D','volunteer_team','2021-06-30','dissolved','2021-12-31'),
 ('tE','26182','Đội E','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tF','26185','Đội F','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tG','26188','Đội G','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tH','26191','Đội H','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tI','26194','Đội I','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tJ','26197','Đội J','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tK','26200','Đội K','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tL','26203','Đội L','volunteer_team','2021-01-01','dissolved','2021-12-31');
INSERT INTO team_member (id, unit, person, team, role, joined_on, left_on) VALUES
 ('mD','26179','vD','tD','deputy','2021-01-01','2021-12-31'),
 ('mE','26182','vE','tE','member','2021-01-01','2021-12-31'),
 ('mF','26185','vF','tF','leader','2021-01-01','2021-12-31'),
 ('mG','26188','vG','tG','member','2021-01-01','2021-12-31'),
 ('mH','26191','vH','tH','member','2021-01-01','2021-12-31'),
 ('mI','26194','vI','tI','member','2021-01-01','2021-12-31'),
 ('mJ','26197','vJ','tJ','member','2021-01-01','2021-12-31'),
 ('mK','26200','vK','tK','member','2021-01-01','2021-12-31'),
 ('mL','26203','vL','tL','member','2021-01-01','2021-12-31');
-- dK1 was taken off the list without a closing day, dK2 never listed; dG has only the day of its dossier.
INSERT INTO drug_case
 (id, unit, person, status, in_list, listed_on, dossier_opened_on, dossier_closed_on, close_reason)
VALUES
 ('dD','26179','cD','addict',1,'2021-06-30',NULL,'2021-12-01','other'),
 ('dE','26182','cE','addict',1,'2020-01-01',NULL,'2021-01-01','other'),
 ('dF','26185','cF','addict',0,'2020-01-01',NULL,'2021-01-02','other'),
 ('dG','26188','cG','user',1,NULL,'2021-02-01','2021-06-30','other'),
 ('dI','26194','cI','addict',1,'2021-07-01',NULL,'2021-12-01','other'),
 ('dK1','26200','cK','addict',0,'2021-01-05',NULL,NULL,NULL),
 ('dK2','26200','cK','addict',0,NULL,'2021-01-05','2021-03-03','other');
INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('eH','26191','cH','home','2020-01-01','2021-01-01'),
 ('eI','26194','cI','home','2020-01-01','2020-12-31'),
 ('eI2','26194','cI','home','2021-07-01','2021-08-01'),
 ('eL','26203','cL','home','2021-07-01','2021-08-01'),
 ('eD','26179','cD','home','2021-08-01','2021-09-01');
INSERT INTO assignment (id, unit, member, assignee_org, client, purpose, from_on, to_on, result) VALUES
 ('aJ','26197',NULL,'police','cJ','support_rehab','2021-06-30','2021-12-01',NULL),
 ('aK1','26200','mK',NULL,'cK','ex_prisoner','2021-01-01','2021-12-01',NULL),
 ('aK2','26200','mK',NULL,'cK','persuade_rehab','2020-01-01','2020-12-31',NULL),
 ('aK3','26200','mK',NULL,'cK','post_rehab','2021-07-01','2021-08-01',NULL),
 ('aL','26203','mL',NULL,'cL','post_rehab','2020-01-01','2021-01-01',NULL),
 ('aL2','26203','mL',NULL,'cL','support_rehab','2021-07-01','2021-07-01',NULL),
 ('aD','26179','mD',NULL,'cD','persuade_rehab','2021-07-01','2021-07-01','none'),
 ('aH','26191','mH',NULL,'cH','persuade_rehab','2021-01-01','2021-06-30','entered_rehab');
INSERT INTO contact_log (id, unit, assignment, client, on_date, by_member) VALUES
 ('kE','26182',NULL,'cE','2021-01-01','mE');
INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('eH2','26191','cH','facility','2021-07-02','2021-08-01');
INSERT INTO counselling_point (id, unit, name, opened_on, state, state_since) VALUES
 ('qD','26179','Điểm D','2021-06-30','closed','2021-12-31'),
 ('qE','26182','Điểm E','2021-01-01','closed','2021-06-30'),
 ('qF','26185','Điểm F','2021-01-01','active','2021-06-30');
INSERT INTO point_session (id, unit, point, on_date, kind, clients) VALUES
 ('sD','26179','qD','2021-06-30','group',1),
 ('sE','26182','qE','2021-02-02','group',1),
 ('sF','26185','qF','2021-01-01','group',1);
-- One activity of every kind.
INSERT INTO activity (id, unit, title, kind, field, on_date, participants, distinct_people) VALUES
 ('z0','26179','Hoạt động','direct','other','2021-03-01',3,1),
 ('z1','26179','Hoạt động','behaviour_change','other','2021-03-02',3,1),
 ('z2','26179','Hoạt động','talk','other','2021-03-03',3,1),
 ('z3','26179','Hoạt động','seminar','other','2021-03-04',3,1),
 ('z4','26179','Hoạt động','forum','other','2021-03-05',3,1),
 ('z5','26179','Hoạt động','contest','other','2021-03-06',3,1),
 ('z6','26179','Hoạt động','rally','other','2021-03-07',3,1),
 ('z7','26179','Hoạt động','exchange','other','2021-03-08',3,1),
 ('z8','26179','Hoạt động','dialogue','other','2021-03-09',3,1),
 ('z9','26179','Hoạt động','club_meeting','other','2021-03-01',3,1),
 ('z10','26179','Hoạt động','training','other','2021-03-02',3,1),
 ('z11','26179','Hoạt động','interim_review','other','2021-03-03',3,1),
 ('z12','26179','Hoạt động','final_review','other','2021-03-04',3,1),
 ('z13','26179','Hoạt động','briefing','other','2021-03-05',3,1),
 ('z14','26179','Hoạt động','inspection','other','2021-03-06',3,1),
 ('z15','26179','Hoạt động','survey','other','2021-03-07',3,1),
 ('z16','26179','Hoạt động','relief','other','2021-03-08',3,1),
 ('z17','26179','Hoạt động','fundraising','other','2021-03-09',3,1),
 ('z18','26179','Hoạt động','study_visit','other','2021-03-01',3,1);

-- 2018: Tu Mơ Rông, M = 23410, T = 23446, X = 23449, N = 23404; window: the year. What is of a type counted above
-- is over at the first day of 2019. u: volunteers, g: on the drug list, q: returnees, w: staff, k: women and men
-- with grants, tv: victims, ch: children, be: beneficiaries. u6 is u1, g1x is g1, w1x is w1, k1x is k1, tv1x is
-- tv1, ch1x is ch1, be1x is be1, each registered in a second commune.
INSERT INTO person (id, unit, full_name, sex, dob) VALUES
 ('u1','23410','A Một','male','1980'), ('u2','23410','A Hai','male',NULL), ('u3','23410','Y Ba','female','2003-01-01'),
 ('u4','23410','A Bốn','male',NULL), ('u5','23446','A Năm','male','1958-12-31'), ('u6','23446','A Một','other',NULL),
 ('g1','23410','A Gia','male','1990'), ('g1x','23446','A Ja','other',NULL), ('g2','23410','A Hai','male',NULL),
 ('g3','23410','A Ba','male',NULL), ('g4','23410','A Bốn','male',NULL), ('g5','23410','A Năm','male',NULL),
 ('g6','23410','Y Sáu','female','2000-12-31'), ('g7','23446','A Bảy','male','1987-12-31'),
 ('g8','23446','A Tám','male',NULL), ('g9','23410','A Chín','male','2001-01-01'),
 ('g10','23446','A Mười','male','2007'), ('g11','23410','A Mốt','male','1972'),
 ('g12','23410','A Hăm','male',NULL), ('g13','23446','A Băm','male',NULL), ('g14','23410','A Tư','male',NULL),
 ('q1','23410','A Về','male','1988'), ('q2','23410','A Lại','male',NULL), ('q3','23410','A Nữa','male',NULL),
 ('q4','23446','A Xa','male','1972-12-31'),
 ('xp1','23410','A Tù','male','1958-12-31'), ('xp2','23410','Y Tù','female','1959-01-01'),
 ('xp3','23446','A Tú','male',NULL),
 ('w1','23410','Y Cán','female',NULL), ('w1x','23446','Y Cán','female',NULL), ('w2','23446','A Cán','male',NULL),
 ('w3','23446','Y Tế','female',NULL), ('w4','23410','Y Thôi','female',NULL),
 ('k1','23410','Y Vay','female','2002-12-31'), ('k1x','23446','Y Vay','female',NULL),
 ('k2','23410','A Vay','male',NULL),
 ('k3','23410','Y Quà','female',NULL), ('sx2','23446','Y Hoàn','female',NULL),
 ('tv1','23410','Y Nạn','female','2002-12-31'), ('tv1x','23446','Y Nạn','female',NULL),
 ('gp1','23410','A Bạo','male','1958'),
 ('ch1','23410','Bé Một','male','2010-06-01'), ('ch1x','23446','Bé Mốt','other',NULL),
 ('ch2','23410','Bé Hai','female','2013-01-01'), ('ch3','23410','Bé Ba','male',NULL),
 ('ch4','23446','Bé Bốn','male','2007-12-31'),
 ('ch5','23446','Bé Năm','male',NULL), ('ch6','23446','Bé Sáu','male',NULL), ('ch7','23449','Bé Bảy','male',NULL),
 ('ch8','23449','Bé Tám','female','2002-12-31'),
 ('be1','23410','Già Làng','male','1958-12-31'), ('be1x','23446','Già Lang','male',NULL),
 ('be3','23410','Bé Nhỏ','female',NULL);
INSERT INTO link (person, root) VALUES ('u6','u1'), ('g1x','g1'), ('w1x','w1'), ('k1x','k1'), ('tv1x','tv1'),
 ('ch1x','ch1'), ('be1x','be1');

-- tM and tT are volunteer teams, pM and pT post-rehab groups (planned 2 and 3 members), pX ends on the last day,
-- kM, kT and kX child-protection collaborators.
INSERT INTO team
 (id, unit, name, kind, founded_on, state, state_since, planned_size, regulation_no, regulation_extra_duties)
VALUES
 ('tM','23410','Đội M','volunteer_team','2017-01-01','dissolved','2019-01-01',NULL,'5/QĐ',1),
 ('tT','23446','Đội T','volunteer_team','2018-03-01','dissolved','2019-01-01',NULL,NULL,NULL),
 ('pM','23410','Tổ M','post_rehab_group','2017-01-01','dissolved','2019-01-01',2,NULL,NULL),
 ('pT','23446','Tổ T','post_rehab_group','2017-01-01','dissolved','2019-01-01',3,NULL,NULL),
 ('pX','23449','Tổ X','post_rehab_group','2017-01-01','dissolved','2018-12-31',0,NULL,NULL),
 ('kM','23410','Nhóm M','child_collaborators','2017-01-01','active',NULL,NULL,NULL,NULL),
 ('kT','23446','Nhóm T','child_collaborators','2017-01-01','active',NULL,NULL,NULL,NULL),
 ('kX','23449','Nhóm X','child_collaborators','2017-01-01','active',NULL,NULL,NULL,NULL);
-- u2 goes from M to T; u4 leaves on the first day.
INSERT INTO team_member (id, unit, person, team, role, joined_on, left_on, uniform_issued_on) VALUES
 ('mu1','23410','u1','tM','leader','2017-01-01','2019-01-01','2018-06-01'),
 ('mu2','23410','u2','tM','member','2017-01-01','2018-05-01',NULL),
 ('mu3','23410','u3','tM','member','2018-06-01','2019-01-01','2017-12-31'),
 ('mu4','23410','u4','tM','member','2017-01-01','2018-01-01',NULL),
 ('mu5','23446','u5','tT','leader','2018-03-01','2019-01-01','2018-12-31'),
 ('mu2b','23446','u2','tT','member','2018-05-01','2019-01-01',NULL),
 ('mu6','23446','u6','tT','member','2018-03-01','2019-01-01',NULL),
 ('mp1','23410','u1','pM','member','2017-01-01','2019-01-01',NULL),
 ('mp2','23410','u3','pM','member','2018-12-31','2019-01-01',NULL),
 ('mp3','23446','u5','pT','member','2017-01-01','2019-01-01',NULL),
 ('mp4','23446','u2','pT','member','2017-01-01','2019-01-01',NULL),
 ('mp5','23446','u6','pT','member','2017-01-01','2018-12-31',NULL),
 ('mk1','23410','u3','kM','child_officer','2018-12-31','2019-01-01',NULL),
 ('mk2','23410','u4','kM','child_collaborator','2017-01-01','2019-01-01',NULL),
 ('mk3','23446','u5','kT','child_officer','2017-01-01','2019-01-01',NULL),
 ('mk4','23449','u2','kX','child_collaborator','2017-01-01','2019-01-01',NULL);
INSERT INTO training_attendance (id, unit, on_date, attendee_kind, attendee, member, staff) VALUES
 ('ta1','23410','2018-01-01','member',NULL,'mu1',NULL), ('ta2','23446','2018-12-31','member','u5',NULL,NULL),
 ('ta3','23446','2019-01-01','member','u2',NULL,NULL), ('ta4','23410','2018-05-05','staff',NULL,NULL,'s1'),
 ('ta5','23446','2018-07-07','staff','w3',NULL,NULL);
INSERT INTO counselling_point (id, unit, name, opened_on, state, state_since, team_staffed) VALUES
 ('qM','23410','Điểm M','2018-01-01','closed','2019-01-01',1),
 ('qT','23446','Điểm T','2018-12-31','closed','2019-01-01',0),
 ('qM2','23410','Điểm M2','2017-01-01','closed','2018-12-31',1);
INSERT INTO reward (id, unit, kind, on_date) VALUES
 ('r1','23410','team','2018-12-31'), ('r2','23446','member','2018-01-01'), ('r3','23446','member','2019-01-01');
INSERT INTO incident (id, unit, kind, on_date, answered_on) VALUES
 ('i1','23410','drugs','2018-01-01','2018-12-31'), ('i2','23410','prostitution','2018-12-31','2019-01-05'),
 ('i3','23446','drugs','2017-12-31','2018-01-05');
-- h1 was removed in the year, h2 appeared again on its last day, h3 is removed the day after.
INSERT INTO hotspot (id, unit, kind, place, since, state, state_since, reported_on, answered_on) VALUES
 ('h1','23410','prostitution','Quán','2018-03-01','removed','2018-12-31','2018-03-01','2018-03-05'),
 ('h2','23446','drugs','Rẫy','2016-01-01','reappeared','2018-12-31',NULL,NULL),
 ('h3','23446','prostitution','Chợ','2017-01-01','removed','2019-01-01',NULL,NULL),
 ('h4','23449','prostitution','Bến','2018-05-01','active',NULL,NULL,NULL),
 ('h5','23449','prostitution','Dốc','2019-01-01','active',NULL,NULL,NULL);

-- At the start M has g1..g6 and T g7, g8 and g1x; g2 moves from M to T, g3 dies, g4 is stable, g5 goes to a centre
-- on the last day, g8 and g1x were duplicates; g9 and g10 are new, g11 comes from elsewhere, g12 comes on the first
-- day and goes to prison. g14 was never on the list; his dossier is closed on the first day.
INSERT INTO drug_case (id, unit, person, status, in_list, listed_on, dossier_opened_on, dossier_closed_on, close_reason,
                       list_reason, substances, mmt) VALUES
 ('dg1','23410','g1','addict',0,'2017-01-01','2017-01-01','2019-01-01','other',NULL,'["opiate","meth"]',NULL),
 ('dg1x','23446','g1x','addict',0,'2017-02-01','2017-02-01','2018-02-02','duplicate',NULL,NULL,NULL),
 ('dg2','23410','g2','addict',0,'2017-01-01',NULL,'2018-05-05','moved',NULL,NULL,NULL),
 ('dg2b','23446','g2','addict',1,'2018-05-06',NULL,'2019-01-01','other','moved_in','["opiate"]',NULL),
 ('dg3','23410','g3','user',0,'2017-01-01','2017-01-01','2018-06-06','died',NULL,NULL,1),
 ('dg4','23410','g4','addict',0,'2017-01-01',NULL,'2018-07-07','stable',NULL,NULL,NULL),
 ('dg5','23410','g5','addict',0,'2017-12-31',NULL,'2018-12-31','compulsory',NULL,NULL,NULL),
 ('dg6','23410','g6','user',1,'2017-01-01','2018-12-31','2019-01-01','other',NULL,NULL,1),
 ('dg7','23446','g7','addict',1,'2017-01-01','2017-01-01','2019-01-01','other',NULL,'["meth"]',1),
 ('dg8','23446','g8','addict',0,'2017-01-01',NULL,'2018-03-03','duplicate',NULL,NULL,NULL),
 ('dg9','23410','g9','user',1,'2018-04-04',NULL,'2019-01-01','other','new',NULL,NULL),
 ('dg10','23446','g10','user',1,'2018-12-31',NULL,'2019-01-01','other','new',NULL,NULL),
 ('dg11','23410','g11','addict',1,'2018-08-08',NULL,'2019-01-01','other','moved_in',NULL,NULL),
 ('dg12','23410','g12','addict',0,'2018-01-01',NULL,'2018-09-09','prison','new',NULL,NULL),
 ('dg13','23446','g13','addict',1,'2019-01-01','2019-01-01','2019-02-01','other','new',NULL,NULL),
 ('dg14','23410','g14','addict',0,NULL,'2017-01-01','2018-01-01','not_addicted',NULL,NULL,NULL);
-- g4 has a late decision and one on time; g7's is postponed.
INSERT INTO court_order (id, unit, person, measure, decided_on, effective_on, due_execute_on, executed_on,
                         not_executed_reason) VALUES
 ('o1','23410','g5','compulsory_rehab','2018-11-01','2018-12-31','2019-01-31','2019-01-31',NULL),
 ('o2','23410','g4','compulsory_rehab','2017-12-01','2018-01-01','2018-02-01','2018-02-02',NULL),
 ('o3','23410','g4','compulsory_rehab','2018-02-01','2018-03-01','2018-04-01','2018-03-15',NULL),
 ('o4','23410','g3','compulsory_rehab','2018-02-01','2018-02-02','2018-03-01','2018-03-02',NULL),
 ('o5','23446','g7','compulsory_rehab','2018-04-01','2018-05-01','2018-06-01',NULL,'postponed'),
 ('o6','23446','g10','compulsory_rehab','2018-12-01','2018-12-31','2019-01-31',NULL,'escaped'),
 ('o7','23446','g2','compulsory_rehab','2017-12-01','2017-12-31','2018-01-31','2018-01-01',NULL),
 ('o8','23410','g6','commune_education','2018-02-01','2018-02-02','2018-03-01','2018-02-10',NULL);
INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('eg1','23446','g1x','home','2017-05-01','2018-01-01'), ('eg6','23410','g6','community','2018-12-31','2018-12-31'),
 ('eg3','23410','g3','home','2016-01-01','2017-12-31'), ('eq1','23410','q1','compulsory','2016-01-01','2018-01-01'),
 ('eq2','23410','q2','compulsory','2016-01-01','2018-12-31'),
 ('eq3','23410','q3','compulsory','2016-01-01','2019-01-01'),
 ('eq4','23446','q4','compulsory','2016-01-01','2018-06-01');
INSERT INTO post_rehab (id, unit, person, from_on, to_on, outcome, relapsed_on, job_status, job_since) VALUES
 ('pr1','23410','q1','2018-01-02',NULL,NULL,NULL,'temporary',NULL),
 ('pr2','23410','q2','2017-01-01','2018-12-31','completed',NULL,NULL,NULL),
 ('pr3','23446','q4','2018-12-31','2018-12-31','relapsed','2018-12-31','steady','2018-12-31'),
 ('pr4','23446','g8','2019-01-01',NULL,NULL,NULL,NULL,NULL);
INSERT INTO ex_prisoner_case (id, unit, person, released_on, supported_on, job_on) VALUES
 ('xc1','23410','xp1','2017-12-01','2018-01-01','2018-12-31'), ('xc2','23410','xp2','2018-06-01',NULL,NULL),
 ('xc3','23446','xp3','2018-01-01','2019-01-01',NULL);
-- q2's job was over before he came back; ch8's gift ends on the first day.
INSERT INTO support_grant (id, unit, client, kind, from_on, to_on, amount, source) VALUES
 ('g1','23410','q1','job','2018-12-31',NULL,NULL,NULL), ('g2','23410','q2','job','2017-01-01','2018-12-30',NULL,NULL),
 ('g3','23410','xp2','vocational','2018-12-31',NULL,500000,'state_budget'),
 ('g4','23410','k1','vocational','2018-01-01',NULL,2000000,'state_budget'),
 ('g5','23446','k1x','loan','2018-12-31',NULL,10000000,'other'),
 ('g6','23410','k2','loan','2018-05-05',NULL,7000000,NULL),
 ('g7','23410','k3','gift','2018-05-05',NULL,100000,NULL),
 ('g8','23449','ch8','gift','2017-01-01','2018-01-01',200000,'socialised');

INSERT INTO facility (id, unit, name, kind, sector, closed_on, in_plan, provides_sw_service, assigns_sw_staff,
                      staff_full, staff_part, staff_collab, allowance_ok) VALUES
 ('f1','23410','Cơ sở điều trị','rehab_community','labour',NULL,1,1,1,NULL,NULL,1,1),
 ('f2','23410','Trường M','school','education','2019-01-01',1,1,1,2,NULL,NULL,0),
 ('f3','23446','Bệnh viện','hospital','health',NULL,1,0,1,0,0,NULL,1),
 ('f4','23446','Trạm y tế','health_station','health',NULL,0,1,0,1,NULL,NULL,1),
 ('f5','23449','UBND X','commune','commune','2018-12-31',1,1,1,1,NULL,NULL,1);
INSERT INTO sw_staff (id, unit, person, headcount, facility, sector, position_kind, manages_rehab, to_on, trained,
                      trained_year) VALUES
 ('s1','23410','w1',NULL,'f1','labour','full_time',NULL,NULL,NULL,NULL),
 ('s2','23446','w2',NULL,NULL,'labour','full_time',1,NULL,NULL,NULL),
 ('s3','23410',NULL,10,'f1','labour','part_time',NULL,NULL,4,2018),
 ('s4','23446','w1x',NULL,NULL,'commune','collaborator',1,NULL,NULL,NULL),
 ('s5','23446','w3',NULL,'f3','health','full_time',NULL,NULL,NULL,NULL),
 ('s6','23410','w4',NULL,'f1','labour','full_time',NULL,'2018-12-31',NULL,NULL);

-- Hamlets: hM1, hX especially difficult, hM2 with many migrants, hN no longer there since the last day.
INSERT INTO hamlet (id, unit, name, kind, hardship, migrants_many, ended_on) VALUES
 ('hM1','23410','Thôn M1','thon','special',0,NULL), ('hM2','23410','Thôn M2','thon','no',1,NULL),
 ('hT','23446','Thôn T','thon','hard',0,NULL), ('hT2','23446','Thôn T2','thon','no',0,NULL),
 ('hX','23449','Thôn X','thon','special',NULL,'2019-01-01'), ('hN','23404','Thôn N','thon','special',NULL,'2018-12-31');
-- M has propaganda on prostitution in every quarter; T not in the fourth: a briefing is none.
INSERT INTO activity (id, unit, title, kind, field, on_date, participants, distinct_people, hamlet_ref, team, cost,
                      integrated_programme) VALUES
 ('y1','23410','Nói chuyện','talk','prostitution','2018-01-01',20,20,NULL,'tM',300000,NULL),
 ('y2','23410','Tuyên truyền','direct','drugs','2018-03-31',20,20,'hM2',NULL,NULL,'poverty'),
 ('y3','23410','Tuyên truyền','direct','prostitution','2018-06-30',20,20,'hM1',NULL,NULL,NULL),
 ('y4','23410','Tuyên truyền','direct','prostitution','2018-07-01',20,20,'hM1',NULL,NULL,NULL),
 ('y5','23410','Tuyên truyền','direct','children','2018-10-01',20,20,'hM1',NULL,NULL,NULL),
 ('y6','23410','Tọa đàm','seminar','prostitution','2018-12-31',20,20,NULL,NULL,NULL,NULL),
 ('y7','23446','Tuyên truyền','direct','prostitution','2018-01-01',20,20,'hT',NULL,NULL,NULL),
 ('y8','23446','Tuyên truyền','direct','prostitution','2018-04-01',20,20,NULL,NULL,NULL,NULL),
 ('y9','23446','Tuyên truyền','talk','prostitution','2018-09-30',20,20,NULL,NULL,NULL,NULL),
 ('y10','23446','Giao ban','briefing','prostitution','2018-11-11',20,20,NULL,NULL,NULL,'cultural_life'),
 ('y11','23449','Tuyên truyền','direct','children','2018-04-01',20,20,'hX',NULL,NULL,NULL),
 ('y12','23410','Giảm hại','club_meeting','hiv','2018-01-01',20,20,NULL,NULL,NULL,NULL),
 ('y13','23446','Phòng bạo lực','talk','gbv','2018-12-31',20,20,NULL,NULL,NULL,NULL),
 ('y14','23410','Thay đổi hành vi','behaviour_change','drugs','2018-01-01',81,60,NULL,NULL,NULL,NULL),
 ('y15','23446','Thay đổi hành vi','behaviour_change','drugs','2018-12-31',30,NULL,NULL,NULL,NULL,NULL),
 ('y16','23410','Tập huấn','training','drugs','2018-09-09',20,20,NULL,'tM',1000000,NULL),
 ('y17','23410','Giao ban','briefing','drugs','2018-12-31',20,20,NULL,'tM',50000,NULL),
 ('y18','23404','Tuyên truyền','direct','prostitution','2019-01-01',20,20,'hN',NULL,NULL,'jobs');
INSERT INTO product (id, unit, kind, field, on_date, qty, times, minutes) VALUES
 ('p1','23410','leaflet','drugs','2018-01-01',500,NULL,NULL),
 ('p2','23410','loudspeaker','drugs','2018-12-31',NULL,12,90),
 ('p3','23446','leaflet','children','2018-05-05',200,NULL,NULL), ('p4','23446','banner','drugs','2019-01-01',3,1,1);

-- M counts; T only has cases, of whom sx2 left sex work.
INSERT INTO sexwork_count (id, unit, counted_on, total, new_people, left_people) VALUES
 ('n1','23410','2018-03-01',5,5,NULL), ('n2','23410','2018-12-31',4,1,2), ('n3','23410','2019-01-01',9,5,0);
INSERT INTO sexwork_case (id, unit, person, alias, recorded_on, basis, consented_to_list, left_work_on,
  closed_on) VALUES
 ('sw1','23446',NULL,'Lan','2018-01-01','peer',NULL,NULL,NULL),
 ('sw2','23446','sx2','Huệ','2017-05-05','self',1,'2018-06-06',NULL),
 ('sw3','23446',NULL,'Mai','2018-12-31','peer',0,NULL,NULL),
 ('sw4','23410',NULL,'Cúc','2018-05-05','self',NULL,NULL,NULL),
 ('sw5','23446',NULL,'Sen','2017-05-05','self',NULL,NULL,'2018-06-30');
INSERT INTO business_site (id, unit, name, kind, closed_on, reviewed_on) VALUES
 ('b1','23410','Karaoke M','karaoke',NULL,'2018-12-31'), ('b2','23410','Nhà nghỉ M','lodging','2019-01-01',NULL),
 ('b3','23410','Quán M','cafe','2018-12-31','2018-05-05'), ('b4','23446','Quán T','cafe',NULL,'2017-12-31');
INSERT INTO site_inspection (id, unit, site, on_date, violations) VALUES
 ('si1','23410','b2','2018-01-01','["licence","hours"]'), ('si2','23446','b4','2019-01-01','["drugs"]');

INSERT INTO trafficking_case (id, unit, person, alias, received_on, received_by, verify_started_on, victim_status,
                              initial_support, needs_protection, protected_on, needs_support, supported_on, closed_on,
                              reviewed_on) VALUES
 ('v1','23410','tv1',NULL,'2018-01-01','police','2018-01-02','victim','["health"]',1,'2018-12-31',1,'2018-03-01',NULL,
  '2018-06-06'),
 ('v2','23410',NULL,'A','2018-12-31','commune','2019-01-02','verifying',NULL,0,NULL,1,NULL,NULL,NULL),
 ('v3','23446','tv1x',NULL,'2018-02-02','commune','2018-02-03','victim',NULL,NULL,NULL,NULL,NULL,NULL,NULL),
 ('v4','23446',NULL,'B','2017-06-01','police','2017-06-02','victim','["legal"]',1,NULL,1,NULL,'2017-12-31',NULL),
 ('v5','23446',NULL,'C','2017-06-01','police','2017-06-02','victim','["legal"]',NULL,NULL,1,'2018-12-31',NULL,NULL);
UPDATE trafficking_case SET initial_support = '["legal"]', initial_support_on = '2019-01-05' WHERE id = 'v3';
INSERT INTO trafficking_relative (id, unit, trafficking_case, relation, needs_protection, protected_on) VALUES
 ('tr1','23410','v1','mẹ',1,NULL), ('tr2','23446','v4','mẹ',1,NULL), ('tr3','23446','v5','em',1,'2019-01-01'),
 ('tr4','23410','v1','em',0,NULL);
INSERT INTO service_event (id, unit, client, people, service, client_group, on_date, channel, funding,
  trafficking_case) VALUES
 ('se1','23410',NULL,NULL,'advice','woman_victim','2018-02-02','direct',NULL,'v1'),
 ('se2','23446','ch4',NULL,'counselling','other','2018-06-06','direct','socialised',NULL),
 ('se3','23410',NULL,25,'propaganda','other','2018-12-31','hotline','state_budget',NULL),
 ('se4','23410','ch1',NULL,'advice','other','2019-01-01','direct','socialised',NULL);
INSERT INTO reintegration_model (id, unit, name, started_on, ended_on) VALUES
 ('rm1','23410','Mô hình M','2018-12-31',NULL), ('rm2','23446','Mô hình T','2017-01-01','2018-12-31');
INSERT INTO watch_list_entry (id, unit, kind, person, reviewed_on) VALUES
 ('wl1','23410','foreign_marriage','k1','2018-05-05'), ('wl2','23446','labour_abroad','k2','2017-12-31');
INSERT INTO list_review (id, unit, list_kind, reviewed_on, entries) VALUES
 ('lr1','23410','labour_abroad','2018-01-01',0), ('lr2','23410','foreign_adoption','2018-12-31',0),
 ('lr3','23446','labour_abroad','2019-01-01',1), ('lr4','23446','business_site','2018-05-05',1);

-- ch3 leaves on the last day, ch7 left on the first; ch5 is without support but no orphan, ch6 only at risk.
INSERT INTO child_case (id, unit, person, groups, groups_private, at_risk, from_on, to_on, orphan, receiving_help,
                        help_since, help_sources, needs_plan) VALUES
 ('cc1','23410','ch1','["orphan_both","no_support"]',NULL,NULL,'2017-01-01',NULL,'both',1,'2018-12-31',
  '["state_budget"]',1),
 ('cc1x','23446','ch1x','["abandoned"]',NULL,NULL,'2018-01-01',NULL,NULL,NULL,NULL,NULL,NULL),
 ('cc2','23410','ch2',NULL,NULL,NULL,'2018-12-31',NULL,'both',0,NULL,NULL,NULL),
 ('cc3','23410','ch3','["disaster"]',NULL,NULL,'2018-02-02','2018-12-31','no',1,NULL,'["state_budget","socialised"]',1),
 ('cc4','23446','ch4',NULL,'["hiv"]',NULL,'2017-01-01',NULL,NULL,NULL,NULL,NULL,1),
 ('cc5','23446','ch5','["no_support"]',NULL,0,'2017-01-01',NULL,'no',1,NULL,'["socialised"]',NULL),
 ('cc6','23446','ch6','["no_skills"]',NULL,1,'2018-01-01',NULL,NULL,NULL,NULL,NULL,NULL),
 ('cc7','23449','ch7','["toxic_chemicals"]',NULL,NULL,'2017-01-01','2018-01-01',NULL,NULL,NULL,NULL,NULL),
 ('cc8','23449','ch8','["severe_disability","disabled","child_marriage"]',NULL,NULL,'2018-12-31',NULL,NULL,NULL,NULL,
  NULL,NULL);
-- cr2 is about the child of cr1; cr4 was found not true.
INSERT INTO child_report (id, unit, received_on, channel, child, child_sex, child_age, child_case, place_kind, act,
                          verified, state, closed_on) VALUES
 ('cr1','23410','2018-01-01','national_111','ch1',NULL,NULL,'cc1','family','violence','true','closed','2018-12-31'),
 ('cr2','23446','2018-03-03','police','ch1x',NULL,NULL,NULL,NULL,'violence',NULL,'handling',NULL),
 ('cr3','23410','2018-12-31','national_111',NULL,'female',7,NULL,'school','sexual_abuse','pending','received',NULL),
 ('cr4','23410','2018-05-05','school','ch2',NULL,NULL,NULL,'school','neglect','false','closed','2018-05-06'),
 ('cr5','23410','2019-01-01','school','ch2',NULL,NULL,NULL,'school','neglect','true','closed','2019-05-06');
INSERT INTO child_plan (id, unit, child_case, child_report, due_on, made_on, approved_on, closed_on) VALUES
 ('pl1','23410','cc1','cr1','2018-01-08','2018-01-08','2018-12-31','2019-01-01'),
 ('pl2','23410','cc1',NULL,'2018-12-31','2019-01-02','2019-01-03',NULL),
 ('pl3','23446','cc4',NULL,'2018-01-01',NULL,NULL,NULL), ('pl4','23446','cc4',NULL,'2019-01-01','2019-01-01',NULL,NULL);
-- M has figures for the whole commune, T by hamlet, X of 2017 only.
INSERT INTO child_population (id, unit, hamlet, year, counted_on, total, child_marriages, child_labour, law_breaking,
                              dropouts, drownings, injuries) VALUES
 ('cp1','23410',NULL,2018,'2018-12-31',400,3,2,1,4,1,5),
 ('cp2','23410','hM1',2018,'2018-12-31',100,1,NULL,NULL,NULL,NULL,NULL),
 ('cp3','23446','hT',2018,'2018-06-30',150,NULL,NULL,NULL,NULL,NULL,9),
 ('cp4','23446','hT',2018,'2018-12-31',160,NULL,NULL,NULL,NULL,NULL,2),
 ('cp5','23446','hT2',2018,'2018-03-03',40,NULL,NULL,NULL,NULL,1,NULL),
 ('cp6','23449',NULL,2017,'2017-12-31',90,7,NULL,NULL,NULL,NULL,NULL),
 ('cp7','23449',NULL,2019,'2019-01-01',95,7,NULL,NULL,NULL,NULL,NULL);
INSERT INTO foster_family (id, unit, carer, registered_on, approved_on, ended_on) VALUES
 ('ff1','23410','k1','2018-12-01','2018-12-31',NULL), ('ff2','23446','k2','2017-01-01','2017-02-01','2018-12-31');
INSERT INTO foster_placement (id, unit, foster_family, child, from_on, to_on) VALUES
 ('fp1','23410','ff1','ch2','2018-12-31',NULL), ('fp2','23446','ff2','ch4','2017-02-01','2018-12-31'),
 ('fp3','23446','ff2','ch5','2017-02-01','2018-12-30');

INSERT INTO beneficiary (id, unit, person, kind, from_on, to_on, stop_reason, monthly, paid_until) VALUES
 ('bn1','23410','be1','elderly','2018-03-01',NULL,NULL,360000,'2018-12-31'),
 ('bn2','23446','be1x','disability','2018-11-01',NULL,NULL,540000,'2018-11-30'),
 ('bn3','23410','be3','child_no_care','2017-01-01','2018-12-31','ended',100000,'2018-06-30');
INSERT INTO gbv_case (id, unit, person, alias, role, received_on, served_on) VALUES
 ('gb1','23410',NULL,'D','victim','2018-01-01',NULL),
 ('gb2','23410','gp1',NULL,'perpetrator','2017-01-01','2018-12-31'),
 ('gb3','23446',NULL,'E','victim','2017-01-01',NULL);
INSERT INTO women_share (id, unit, body, counted_on, total, women) VALUES
 ('ws1','23410','party_committee','2018-06-30',20,5), ('ws2','23410','party_committee','2018-12-31',20,6),
 ('ws3','23410','peoples_council','2018-12-31',25,10), ('ws4','23410','party_committee','2019-01-01',20,20);
INSERT INTO hotline_call (id, unit, line, on_date, answered, topic) VALUES
 ('hc1','23410','3862991','2018-01-01',1,'policy'), ('hc2','23410','3862991','2018-12-31',0,'abuse'),
 ('hc3','23446','3862991','2019-01-01',1,'policy');
INSERT INTO hotline_duty (id, unit, line, on_date, minutes) VALUES
 ('hd1','23410','3862991','2018-01-01',700), ('hd2','23410','3862991','2018-01-01',1440),
 ('hd3','23410','3862991','2018-01-31',720);
INSERT INTO referral (id, unit, client, on_date, due_on, state, answered_on) VALUES
 ('rf1','23410','k1','2018-01-01',NULL,'accepted','2018-12-31'),
 ('rf2','23410','k2','2018-12-01','2018-12-30','sent',NULL),
 ('rf3','23446','k3','2018-12-31','2019-01-05','sent',NULL),
 ('rf4','23446','k3','2018-06-01','2018-06-05','refused','2018-06-02'),
 ('rf5','23446','k1','2018-12-30','2018-12-31','accepted','2019-01-04');

-- The four communes of Cao Lãnh as the plan of 2017 prints them; Mỹ Tân's 9,000,000 are two.
INSERT INTO budget_allocation (id, unit, alloc_unit, year, model, amount, settle_due_on) VALUES
 ('ba1','866','29878',2017,'new_rehab_model',15000000,'2017-10-15'),
 ('ba2','866','29884',2017,'no_drugs',4000000,'2017-10-15'),
 ('ba3','866','29884',2017,'keep_post_rehab',5000000,'2017-10-15'),
 ('ba4','866','29890',2017,'no_drugs',10000000,'2017-10-15'),
 ('ba5','866','29881',2017,'neither',8000000,'2017-10-15'), ('ba6','866','29881',2016,'neither',1,NULL);
INSERT INTO budget_settlement (id, unit, allocation, spent, returned, due_on, state, submitted_on) VALUES
 ('bs1','29878','ba1',15000000,0,NULL,'approved','2017-10-15'),
 ('bs2','29884','ba2',4000000,0,'2017-12-31','submitted','2017-10-16'),
 ('bs3','29884','ba3',5000000,0,NULL,'returned','2017-10-01'),
 ('bs4','29890','ba4',9500000,500000,NULL,'submitted','2017-10-14'),
 ('bs5','29881','ba6',1,0,NULL,'submitted','2016-12-31');
INSERT INTO budget_estimate (id, unit, team, year, line_activity, line_allowance, line_uniform, line_other,
  total) VALUES
 ('bM','23410','tM',2018,5000000,20000000,2000000,NULL,27000000),
 ('bT','23446','tT',2018,NULL,NULL,NULL,8000000,8000000),
 ('bT9','23446','tT',2019,1,NULL,NULL,NULL,1);
INSERT INTO allowance_payment (id, unit, member, month, amount, paid_on) VALUES
 ('ap1','23410','mu1','2018-01',600000,'2018-02-01'), ('ap2','23410','mu1','2018-12',600000,'2019-01-05');

INSERT INTO score_criterion (id, unit, scheme, version, code, name, max_score) VALUES
 ('sc1','617','DEMO','1','1','Tiêu chí mẫu 1','60'), ('sc2','617','DEMO','1','2','Tiêu chí mẫu 2','40');
INSERT INTO score_sheet (id, unit, year, scheme, version, self_total, district_total, result_class, mode, state,
  published_on) VALUES
 ('ss1','23410',2018,'DEMO','1','90','85.5','no_prostitution','kept','published','2018-12-05'),
 ('ss2','23446',2018,'DEMO','1','70',NULL,'no_drugs','new','published','2018-12-06'),
 ('ss3','23449',2018,'DEMO','1','99',NULL,'neither','kept','draft',NULL),
 ('ss4','23404',2018,'DEMO','1',NULL,NULL,'neither','kept','appraised',NULL),
 ('ss5','23410',2017,'DEMO','1','75','80','no_prostitution','new','published','2017-12-05'),
 ('ss6','23446',2017,'DEMO','1',NULL,NULL,'not_reached','kept','published','2017-12-05'),
 ('ss7','23449',2017,'DEMO','1',NULL,NULL,NULL,'kept','self_scored',NULL);
INSERT INTO report (id, unit, definition, period, due_on, state, submitted_on) VALUES
 ('rp1','23410','RP05','2018-6M','2018-06-04','accepted','2018-06-04'),
 ('rp2','23446','RP05','2018-6M','2018-06-04','late','2018-06-05'),
 ('rp3','23449','RP03','2018','2018-12-31','draft',NULL),
 ('rp4','23410','RP03','2018','2019-01-15','submitted','2019-01-15');
INSERT INTO correction (id, unit, kind, report, reason, on_date) VALUES
 ('co1','23410','commune','rp1','Nhầm số','2018-06-04'), ('co2','23410','district','rp1','Nhầm số','2018-12-31'),
 ('co3','23446','district','rp2','Nhầm số','2019-01-01');

-- Both readings of "minus 0.5 %" (S3-01) are data: of the number of children (2,713 in 2017), or points of the rate.
INSERT INTO target (id, unit, indicator, target_unit, year, op, value, per, base_value, base_period) VALUES
 ('ta1','617','C01','617',2018,'reduce_percent','0.5','total','2713','2017'),
 ('ta2','617','C01R','617',2018,'reduce_points','0.5','total','12.5','2017'),
 ('ta3','735','D02','735',2020,'band','2','total',NULL,NULL);
UPDATE target SET value_hi = '5' WHERE id = 'ta3';
