namespace SecretsBroker.Leases.Redis;

/// <summary>The scripts; what each takes, returns and promises stands in its file.</summary>
internal static class RedisScripts
{
    public static readonly RedisScript Time = new("time");
    public static readonly RedisScript ListUntilNow = new("list-until-now");

    public static readonly RedisScript StartTask = new("start-task");
    public static readonly RedisScript KeepAlive = new("keep-alive");
    public static readonly RedisScript EndTask = new("end-task");

    public static readonly RedisScript Reserve = new("reserve");
    public static readonly RedisScript Activate = new("activate");
    public static readonly RedisScript Abandon = new("abandon");
    public static readonly RedisScript Renew = new("renew");
    public static readonly RedisScript Prolong = new("prolong");
    public static readonly RedisScript End = new("end");

    public static readonly RedisScript ReadBacklog = new("read-backlog");
    public static readonly RedisScript Claim = new("claim");
    public static readonly RedisScript MarkGone = new("mark-gone");
    public static readonly RedisScript Finish = new("finish");
    public static readonly RedisScript PutBack = new("put-back");
    public static readonly RedisScript PullForward = new("pull-forward");
    public static readonly RedisScript PurgeLease = new("purge-lease");
    public static readonly RedisScript PurgeTask = new("purge-task");

    public static readonly RedisScript GiveDelegation = new("give-delegation");
    public static readonly RedisScript PutDelegation = new("put-delegation");
    public static readonly RedisScript UseDelegation = new("use-delegation");
    public static readonly RedisScript NarrowDelegation = new("narrow-delegation");
    public static readonly RedisScript BeginDelegationChange = new("begin-delegation-change");
    public static readonly RedisScript EndDelegation = new("end-delegation");
    public static readonly RedisScript FinishDelegationChange = new("finish-delegation-change");
    public static readonly RedisScript CapLease = new("cap-lease");
    public static readonly RedisScript PurgeDelegation = new("purge-delegation");
    public static readonly RedisScript PurgeGiven = new("purge-given");

    public static readonly RedisScript AddKillOrder = new("add-kill-order");
    public static readonly RedisScript ProposeKillLift = new("propose-kill-lift");
    public static readonly RedisScript LiftKillOrder = new("lift-kill-order");

    public static readonly RedisScript ConfirmRecheck = new("confirm-recheck");

    public static readonly RedisScript ReadPositions = new("read-positions");
    public static readonly RedisScript WritePosition = new("write-position");

    public static readonly RedisScript Use = new("use");

    public static readonly RedisScript AddSignals = new("add-signals");
    public static readonly RedisScript ReadSignals = new("read-signals");

    public static readonly RedisScript Deny = new("deny");
    public static readonly RedisScript ReadDenied = new("read-denied");

    public static readonly RedisScript ReplaceStatic = new("replace-static");

    public static readonly RedisScript ParkApproval = new("park-approval");
    public static readonly RedisScript FindParkedApproval = new("find-parked-approval");
    public static readonly RedisScript ReadApproval = new("read-approval");
    public static readonly RedisScript VoteApproval = new("vote-approval");
    public static readonly RedisScript UseApproval = new("use-approval");
    public static readonly RedisScript ListApprovals = new("list-approvals");
    public static readonly RedisScript OpenReview = new("open-review");
    public static readonly RedisScript CloseReview = new("close-review");
}
