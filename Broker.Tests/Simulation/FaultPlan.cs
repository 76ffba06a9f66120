namespace SecretsBroker.Tests.Simulation;

/// <summary>
/// Which call fails how. A seed has a general rate of faults, from calm to stormy, and one fault at one call point that it tries
/// again and again, so that a few thousand seeds meet each of them often; some add what a known race needs.
/// </summary>
internal sealed class FaultPlan
{
    private const int FocusLimit = 20;
    private const int CrashLimit = 8;

    private static readonly double[] _rates = [0, 0.01, 0.03, 0.08];
    private static readonly Fault[] _weighted =
    [
        Fault.Error, Fault.Error, Fault.Error, Fault.Delay, Fault.Delay, Fault.Delay, Fault.Delay, Fault.LostAnswer, Fault.LostAnswer,
        Fault.LostAnswer, Fault.CrashBefore, Fault.CrashInFlight, Fault.CrashAfter,
    ];

    // Late creations against early proofs, late proofs and records against claims that are over, crashes in the middle of either.
    private static readonly (CallPoint, Fault)[][] _races =
    [
        [],
        [],
        [(CallPoint.EngineIssue, Fault.Delay), (CallPoint.StoreMarkGone, Fault.Delay)],
        [(CallPoint.EngineIssue, Fault.Delay), (CallPoint.EngineVerify, Fault.Delay)],
        [(CallPoint.EngineIssue, Fault.CrashInFlight), (CallPoint.EngineVerify, Fault.Delay)],
        [(CallPoint.StoreActivate, Fault.Delay), (CallPoint.StoreFinish, Fault.LostAnswer)],
        [(CallPoint.StoreMarkGone, Fault.Delay), (CallPoint.AuditRevoked, Fault.Delay)],
        [(CallPoint.AuditRevoked, Fault.LostAnswer), (CallPoint.StoreAbandon, Fault.Delay)],
    ];

    private static readonly CallPoint[] _points = Enum.GetValues<CallPoint>();

    private readonly Chance _chance;
    private readonly double _rate;
    private readonly double _focusRate;
    private readonly (CallPoint Point, Fault Fault)[] _foci;
    private int _focused;
    private int _crashes;

    public FaultPlan(int seed, Chance chance)
    {
        _chance = chance;
        _rate = chance.Pick(_rates);
        _focusRate = 0.1 + (0.4 * chance.Draw());
        var focus = FocusOf(seed);
        _foci = [focus, .. chance.Pick(_races), .. WaysTo(focus.Point)];
    }

    /// <summary>Whether anything goes wrong any more.</summary>
    public bool Active { get; set; } = true;

    /// <summary>What a seed tries again and again; all have their turn.</summary>
    public static (CallPoint Point, Fault Fault) FocusOf(int seed)
    {
        var turn = (int)((uint)seed % (uint)(_points.Length * (int)Fault.CrashAfter));
        return (_points[turn % _points.Length], (Fault)(1 + (turn / _points.Length)));
    }

    // A record is looked for only where a revocation was recorded and not finished, and what waits is brought forward only where a target
    // was down and is back: left to chance both are too rare to fail often.
    private static (CallPoint, Fault)[] WaysTo(CallPoint point) => point switch
    {
        CallPoint.AuditContains => [(CallPoint.StoreFinish, Fault.Error)],
        CallPoint.StorePullForward => [(CallPoint.EngineRevoke, Fault.Error)],
        _ => [],
    };

    private Fault? FocusOn(CallPoint point)
    {
        foreach (var focus in _foci)
        {
            if (focus.Point == point)
            {
                return focus.Fault;
            }
        }

        return null;
    }

    public Fault Draw(CallPoint point)
    {
        if (!Active)
        {
            return Fault.None;
        }

        var fault = Fault.None;
        if (_focused < FocusLimit && FocusOn(point) is { } focus && _chance.In(_focusRate))
        {
            _focused++;
            fault = focus;
        }
        else if (_chance.In(_rate))
        {
            fault = _chance.Pick(_weighted);
        }

        // A world in which everybody dies all the time tests little else.
        return fault < Fault.CrashBefore || ++_crashes <= CrashLimit ? fault : Fault.None;
    }
}
