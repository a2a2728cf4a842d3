"""The script that Redis runs to decide what is accepted.

It's called by `redis_log.py`, which names the logs. It answers with the time and then, for each ask, the
budget, what is left and µs until that changes, as one text: to a client an array of numbers is dearer.
"""

from __future__ import annotations

from listenlink.model.budget import USES_PER_VISIT, Budget
from listenlink.model.limit import VISIT_US

# Stands for no budget: a visit ticket's use is asked for, or told to be taken, by it.
FREE = 0
# ARGV is the window, the budgets' sizes by number, then each ask's budget and token; KEYS are the logs of
# each ask, two for a refusal, three for a ticket's use. Times mustn't be written the way Lua writes large
# numbers, 1.7e+15.
SCRIPT = (
    f"local REFUSAL, REPEAT, BUDGETS = {Budget.REFUSAL:d}, {Budget.REPEAT:d}, {len(Budget)}\n"
    f"local FREE, RESOLVE, USES, TTL = {FREE}, {Budget.RESOLVE:d}, {USES_PER_VISIT}, {VISIT_US}"
    """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[1])
local told, next_key = {}, 1
local function size(budget)
    return tonumber(ARGV[1 + budget])
end
local function take_key()
    next_key = next_key + 1
    return KEYS[next_key - 1]
end
local function text(number)
    return string.format('%.0f', number)
end
local function keep(key, length)
    redis.call('PEXPIRE', key, math.ceil((length or window) / 1000) + 1000)
end
-- What seems to be later than now was accepted before the clock was set back, so no later than now. The last
-- counts as accepted now, and the others as long before it as they were: nobody gets more by that than the
-- budget, nor waits for longer than the window.
local function set_back(key)
    local ahead = tonumber(redis.call('LINDEX', key, -1) or '0') - now
    if ahead <= 0 then
        return
    end
    for place, at in ipairs(redis.call('LRANGE', key, 0, -1)) do
        redis.call('LSET', key, place - 1, text(tonumber(at) - ahead))
    end
    keep(key)
end
local function set_back_named(key, length)
    local ahead = tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or '0') - now
    if ahead > 0 then
        local named = redis.call('ZRANGE', key, 0, -1)
        for _, name in ipairs(named) do
            redis.call('ZINCRBY', key, text(-ahead), name)
        end
        keep(key, length)
    end
    redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. text(now - length))
end
local function look(key)
    set_back(key)
    local first = redis.call('LINDEX', key, 0)
    while first and tonumber(first) < now - window do
        redis.call('LPOP', key)
        first = redis.call('LINDEX', key, 0)
    end
    return redis.call('LLEN', key), tonumber(first or now) + window + 1 - now
end
local function spend(budget, key)
    local used, reset = look(key)
    if used >= size(budget) then
        return budget, -1, reset
    end
    redis.call('RPUSH', key, text(now))
    keep(key)
    return budget, size(budget) - used - 1, reset
end
local function spend_refusal(token, repeats, refusals)
    set_back_named(refusals, window)
    local is_new = size(REFUSAL) > 0 and not redis.call('ZSCORE', refusals, token)
    if is_new and redis.call('ZCARD', refusals) >= size(REFUSAL) then
        local first = redis.call('ZRANGE', refusals, 0, 0, 'WITHSCORES')[2]
        local reset = tonumber(first) + window + 1 - now
        -- Whoever waits as long as is told must be served then: the longer wait.
        local used, other = look(repeats)
        if used >= size(REPEAT) and other > reset then
            return REPEAT, -1, other
        end
        return REFUSAL, -1, reset
    end
    local budget, left, reset = spend(REPEAT, repeats)
    if is_new and left >= 0 then
        redis.call('ZADD', refusals, text(now), token)
        keep(refusals)
    end
    return budget, left, reset
end
local function use(number, visits, uses, hits)
    set_back_named(uses, TTL)
    local used = look(visits)
    if used >= USES * size(RESOLVE) or redis.call('ZSCORE', uses, number) then
        return spend(RESOLVE, hits)
    end
    redis.call('ZADD', uses, text(now), number)
    keep(uses, TTL)
    redis.call('RPUSH', visits, text(now))
    keep(visits)
    local spent, reset = look(hits)
    if spent == 0 then
        reset = window
    end
    return FREE, size(RESOLVE) - spent, reset
end
for place = 2 + BUDGETS, #ARGV, 2 do
    local budget, left, reset = tonumber(ARGV[place])
    if budget == REPEAT then
        budget, left, reset = spend_refusal(ARGV[place + 1], take_key(), take_key())
    elseif budget == FREE then
        budget, left, reset = use(ARGV[place + 1], take_key(), take_key(), take_key())
    else
        budget, left, reset = spend(budget, take_key())
    end
    for _, number in ipairs({budget, left, reset}) do
        table.insert(told, text(number))
    end
end
return text(now) .. ' ' .. table.concat(told, ' ')
"""
)
