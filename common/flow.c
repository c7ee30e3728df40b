#include "common/flow.h"

#include <assert.h>
#include <stddef.h>

#define FLOW_NO FLOW_STATES /* not in this state */

static const uint8_t flow_table[FLOW_STATES][FLOW_EVENTS] = {
    /* draft, submit, submit late, withdraw, return, accept */
    [FLOW_NOT_STARTED] = {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, FLOW_NO, FLOW_NO, FLOW_NO},
    [FLOW_DRAFT] = {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, FLOW_WITHDRAWN, FLOW_NO, FLOW_NO},
    [FLOW_SUBMITTED] = {FLOW_NO, FLOW_SUBMITTED, FLOW_LATE, FLOW_WITHDRAWN, FLOW_RETURNED,
                        FLOW_ACCEPTED},
    [FLOW_LATE] = {FLOW_NO, FLOW_NO, FLOW_LATE, FLOW_WITHDRAWN, FLOW_RETURNED, FLOW_ACCEPTED},
    [FLOW_RETURNED] = {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, FLOW_WITHDRAWN, FLOW_NO, FLOW_NO},
    [FLOW_ACCEPTED] = {FLOW_NO, FLOW_NO, FLOW_NO, FLOW_NO, FLOW_RETURNED, FLOW_NO},
    [FLOW_LOCKED] = {FLOW_NO, FLOW_NO, FLOW_NO, FLOW_NO, FLOW_NO, FLOW_NO},
    [FLOW_WITHDRAWN] = {FLOW_DRAFT, FLOW_SUBMITTED, FLOW_LATE, FLOW_NO, FLOW_NO, FLOW_NO},
};

enum err flow_step(enum flow_state state, enum flow_event event, enum flow_state *next)
{
    assert(state < FLOW_STATES && event < FLOW_EVENTS);
    uint8_t to = flow_table[state][event];
    if (to == FLOW_NO) return ERR_DENIED;
    *next = (enum flow_state)to;
    return ERR_OK;
}

static const struct {
    const char *name, *vi, *en;
} flow_states[FLOW_STATES] = {
    {"not_started", "Chưa lập", "Not started"},
    {"draft", "Nháp", "Draft"},
    {"submitted", "Đã nộp", "Submitted"},
    {"late", "Nộp trễ", "Submitted late"},
    {"returned", "Trả lại", "Returned"},
    {"accepted", "Đã tiếp nhận", "Accepted"},
    {"locked", "Đã khóa", "Locked"},
    {"withdrawn", "Đã rút", "Withdrawn"},
};

const char *flow_state_name(enum flow_state s)
{
    return s < FLOW_STATES ? flow_states[s].name : "?";
}

const char *flow_state_vi(enum flow_state s)
{
    return s < FLOW_STATES ? flow_states[s].vi : "?";
}

const char *flow_state_en(enum flow_state s)
{
    return s < FLOW_STATES ? flow_states[s].en : "?";
}

/* The words of a refusal: first what the state says to whoever asks, then what the event needs. */
static void flow_why(enum flow_state s, enum flow_event event, const char **vi, const char **en)
{
    static const char *const needs[FLOW_EVENTS][2] = {
        [FLOW_EV_DRAFT] = {"Báo cáo đã nộp: hãy rút về rồi mới sửa.",
                           "The report is submitted: withdraw it before you change it."},
        [FLOW_EV_SUBMIT] = {"Báo cáo đã nộp hoặc đã được tiếp nhận.",
                            "The report is submitted or accepted already."},
        [FLOW_EV_SUBMIT_LATE] = {"Báo cáo đã nộp hoặc đã được tiếp nhận.",
                                 "The report is submitted or accepted already."},
        [FLOW_EV_WITHDRAW] = {"Không có bản nháp hay bản nộp nào để rút, hoặc huyện đã tiếp nhận.",
                              "There is no draft or submission to withdraw, or it is accepted."},
        [FLOW_EV_RETURN] = {"Xã chưa nộp báo cáo này nên không trả lại được.",
                            "The unit has not submitted this report: there is nothing to return."},
        [FLOW_EV_ACCEPT] = {"Không có bản nộp nào đang chờ tiếp nhận.",
                            "There is no submission that waits to be accepted."},
    };
    *vi = needs[event][0];
    *en = needs[event][1];
    if (s != FLOW_LOCKED) return;
    *vi = "Kỳ này đã chốt: số liệu đến muộn sẽ vào báo cáo bổ sung; muốn sửa phải do hai người mở "
          "lại kỳ.";
    *en = "The period is closed: what comes late goes into a supplement; to change the report two "
          "persons have to reopen the period.";
}

const char *flow_why_vi(enum flow_state s, enum flow_event event)
{
    const char *vi = NULL, *en = NULL;
    assert(event < FLOW_EVENTS);
    flow_why(s, event, &vi, &en);
    return vi;
}

const char *flow_why_en(enum flow_state s, enum flow_event event)
{
    const char *vi = NULL, *en = NULL;
    assert(event < FLOW_EVENTS);
    flow_why(s, event, &vi, &en);
    return en;
}

bool flow_is_in(enum flow_state s)
{
    return s == FLOW_SUBMITTED || s == FLOW_LATE || s == FLOW_ACCEPTED;
}

/* ---- time ---- */

enum flow_time flow_time_of(const struct flow_proof *proof, int64_t late_ms)
{
    if (late_ms == INT64_MAX) return FLOW_TIME_NONE;
    if (proof->before_ms < late_ms) return FLOW_TIME_IN_TIME;
    if (proof->has_after && proof->after_ms >= late_ms) return FLOW_TIME_LATE;
    return proof->claimed_ms >= late_ms ? FLOW_TIME_LATE : FLOW_TIME_UNPROVEN;
}

static const struct {
    const char *name, *vi, *en;
} flow_times[] = {
    [FLOW_TIME_NONE] = {"none", "không có hạn", "no due day"},
    [FLOW_TIME_IN_TIME] = {"in_time", "đúng hạn", "in time"},
    [FLOW_TIME_LATE] = {"late", "trễ hạn", "late"},
    [FLOW_TIME_UNPROVEN] = {"late_unproven", "trễ hạn, chưa chứng minh", "late, unproven"},
    [FLOW_TIME_UNCONFIRMED] = {"unconfirmed", "chưa có xác nhận của huyện",
                               "not confirmed by the district"},
};

const char *flow_time_name(enum flow_time t)
{
    return flow_times[t].name;
}

const char *flow_time_vi(enum flow_time t)
{
    return flow_times[t].vi;
}

const char *flow_time_en(enum flow_time t)
{
    return flow_times[t].en;
}
