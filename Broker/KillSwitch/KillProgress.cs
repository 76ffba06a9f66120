namespace SecretsBroker.KillSwitch;

/// <summary>How far an order has come.</summary>
/// <param name="Walked">Whether every lease that was live has been looked at: from then on <paramref name="Found"/> is final.</param>
/// <param name="Found">Leases that it covers and that were not proven gone before; those included that had ended by themselves.</param>
/// <param name="Ended">How many of them this order ended.</param>
/// <param name="Gone">How many of them are proven gone at their targets.</param>
/// <param name="FirstGone">From the order to the first proof, by the store's clock; null while there is none.</param>
/// <param name="LastGone">From the order to the latest proof.</param>
internal sealed record KillProgress(bool Walked, long Found, long Ended, long Gone, TimeSpan? FirstGone, TimeSpan? LastGone)
{
    public static readonly KillProgress None = new(Walked: false, 0, 0, 0, null, null);

    /// <summary>Not proven gone yet: they are tried until they are.</summary>
    public long Revoking => Found - Gone;

    public bool AllGone => Walked && Revoking == 0;
}
