namespace SecretsBroker.Leases.Sqlite;

/// <summary>A lease and what only the store knows of it. Its methods are the lease's state machine; they write nothing.</summary>
/// <param name="Lease">The record.</param>
/// <param name="Due">When it is next to be looked at; null once revoked.</param>
/// <param name="Claimed">Whether a claim was neither given back nor finished; it ends at <paramref name="Due"/>.</param>
/// <param name="Stuck">Whether it was put back as stuck and is not gone.</param>
/// <param name="ForgetTime">When a revoked one may be forgotten.</param>
internal sealed record LeaseRow(Lease Lease, DateTimeOffset? Due, bool Claimed, bool Stuck, DateTimeOffset? ForgetTime)
{
    public bool IsLive => Lease.State != LeaseState.Revoked;

    public bool HasEnded => Lease.State is LeaseState.Revoking or LeaseState.Revoked;

    public static LeaseRow New(Reservation asked, LeaseId id, DateTimeOffset now)
    {
        var expires = now + asked.TimeToLive;
        var longest = now + asked.MaxTimeToLive;
        if (asked.LatestExpireTime is { } latest)
        {
            (expires, longest) = (Earlier(expires, latest), Earlier(longest, latest));
        }

        var deadline = now + asked.IssueTimeout;
        deadline = deadline < expires ? deadline : expires;
        var settles = deadline + asked.SettleMargin;
        var lease = new Lease
        {
            Id = id,
            Task = asked.Task,
            Grant = asked.Grant,
            Engine = asked.Engine,
            Target = asked.Target,
            Action = asked.Action,
            Resource = asked.Resource,
            Tool = asked.Tool,
            Purpose = asked.Purpose,
            Initiator = asked.Initiator,
            DecisionId = asked.DecisionId,
            RequestId = asked.RequestId,
            TraceParent = asked.TraceParent,
            SealedFor = asked.SealedFor,
            Delegation = asked.Delegation,
            State = LeaseState.Pending,
            CreateTime = now,
            IssueDeadline = deadline,
            SettleTime = settles,
            ExpireTime = expires,
            MaxExpireTime = longest,
        };
        return new LeaseRow(lease, settles, Claimed: false, Stuck: false, ForgetTime: null);
    }

    public bool MayActivate(DateTimeOffset now) =>
        Lease.State switch
        {
            LeaseState.Pending => now < Lease.IssueDeadline,
            LeaseState.Active => now < Lease.ExpireTime,
            _ => false,
        };

    public LeaseRow Activate(string handle, DateTimeOffset now) => Lease.State == LeaseState.Active
        ? this
        : this with
        {
            Lease = Lease with { State = LeaseState.Active, Handle = handle, SettleTime = now },
            Due = Lease.ExpireTime,
        };

    /// <summary>Ends it, unless it has ended. If its time was over by then, time is the cause.</summary>
    public LeaseRow End(EndCause cause, DateTimeOffset at)
    {
        if (HasEnded)
        {
            return this;
        }

        var pending = Lease.State == LeaseState.Pending;
        var over = pending ? Lease.IssueDeadline : Lease.ExpireTime;
        if (over <= at)
        {
            cause = pending ? EndCause.Abandoned : EndCause.Expired;
            at = over;
        }

        return this with
        {
            Lease = Lease with { State = LeaseState.Revoking, Cause = cause, EndTime = at },
            // What its issuer may still be creating is not looked for before it must be there.
            Due = pending ? Lease.SettleTime : at,
        };
    }

    /// <summary>Its issuer says that it made something, or gives up: whatever was seen or begun before does not count any more.</summary>
    public LeaseRow Undo(EndCause cause, bool settled, DateTimeOffset now)
    {
        var proven = Lease.GoneTime is not null;
        var ended = End(cause, now);
        return ended with
        {
            Lease = ended.Lease with
            {
                State = LeaseState.Revoking,
                SettleTime = settled ? now : Lease.SettleTime,
                GoneTime = null,
                Proof = "",
                // A holder who looked before this moment must not finish with what it saw.
                Fence = HasEnded ? Lease.Fence + 1 : Lease.Fence,
                TakenOver = !proven && (Lease.TakenOver || Claimed),
                Reopened = proven ? Lease.Reopened + 1 : Lease.Reopened,
            },
            Due = now,
            Claimed = false,
            ForgetTime = null,
        };
    }

    public LeaseRow Renew(DateTimeOffset wanted)
    {
        var expires = wanted < Lease.MaxExpireTime ? wanted : Lease.MaxExpireTime;
        return expires <= Lease.ExpireTime ? this : this with { Lease = Lease with { ExpireTime = expires }, Due = expires };
    }

    /// <summary>Whatever is renewed afterwards, it ends no later.</summary>
    public LeaseRow Cap(DateTimeOffset until)
    {
        if (HasEnded || Lease.MaxExpireTime <= until)
        {
            return this;
        }

        var expires = Earlier(Lease.ExpireTime, until);
        return this with
        {
            Lease = Lease with { ExpireTime = expires, MaxExpireTime = until, IssueDeadline = Earlier(Lease.IssueDeadline, expires) },
            Due = Lease.State == LeaseState.Active ? expires : Due,
        };
    }

    public LeaseRow Claim(TimeSpan claim, DateTimeOffset now)
    {
        // What is due without having ended has run out of time, which is its cause whatever is named here.
        var ended = End(EndCause.Expired, now);
        return ended with
        {
            Lease = ended.Lease with
            {
                Fence = Lease.Fence + 1,
                Attempts = Lease.Attempts + 1,
                TakenOver = Lease.TakenOver || Claimed,
            },
            Due = now + claim,
            Claimed = true,
        };
    }

    public bool IsClaimedWith(long fence) => Lease.State == LeaseState.Revoking && Claimed && Lease.Fence == fence;

    public LeaseRow PutBack(DateTimeOffset due, bool stuck) => this with { Due = due, Claimed = false, Stuck = Stuck || stuck };

    public LeaseRow MarkGone(string proof, DateTimeOffset now) => Lease.GoneTime is not null
        ? this
        : this with { Lease = Lease with { GoneTime = now, Proof = proof }, Stuck = false };

    public LeaseRow Finish(DateTimeOffset forget) => this with
    {
        Lease = Lease with { State = LeaseState.Revoked },
        Due = null,
        Claimed = false,
        Stuck = false,
        ForgetTime = forget,
    };

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
