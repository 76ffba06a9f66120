using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Static;

/// <summary>One kept secret as it is stored: its versions, who holds it, and the rotation that is under way. Every change makes another one.</summary>
internal sealed record KeptSecret
{
    /// <summary>Those whose value is gone are told of as long as no more than these are kept.</summary>
    private const int MaxVersions = 20;

    /// <summary>How many earlier values are kept.</summary>
    private const int MaxPrevious = 2;

    public static KeptSecret None { get; } = new() { SharedUntil = DateTimeOffset.MinValue };

    /// <summary>By number, the oldest first.</summary>
    public IReadOnlyList<SecretVersion> Versions { get; init; } = [];

    /// <summary>The leases that hold a version; only where a rotation has to know.</summary>
    public IReadOnlyList<SecretHolder> Holders { get; init; } = [];

    /// <summary>Who carries out the rotation that is under way; null when nobody does, or ever did.</summary>
    public RotationClaim? Claim { get; init; }

    /// <summary>
    /// Until then it may be handed out to leases whose end is not the end of the value: without a rotation, or to many at once. By the store's clock;
    /// the earliest instant when it never was; null when nobody knows, because a broker wrote it that keeps no note of that.
    /// </summary>
    public DateTimeOffset? SharedUntil { get; init; }

    [JsonIgnore]
    public SecretVersion? Current => Versions.LastOrDefault(version => version.State == VersionState.Current);

    /// <summary>The value that the target gets next, or has got already: a rotation that has begun and not ended.</summary>
    [JsonIgnore]
    public SecretVersion? Pending => Versions.LastOrDefault(version => version.State == VersionState.Pending);

    /// <summary>Never one that was used before.</summary>
    [JsonIgnore]
    public int NextNumber => Versions.Count == 0 ? 1 : Versions[^1].Number + 1;

    /// <summary>Leases have ended whose holders know the current value.</summary>
    [JsonIgnore]
    public bool IsRotationOwed => Holders.Any(holder => holder.IsEnded) || Current is { IsKnown: true };

    /// <summary>Nothing can be handed out until a rotation has ended.</summary>
    [JsonIgnore]
    public bool IsUnsettled => Pending is not null || IsRotationOwed;

    /// <summary>The one that the next value is made from: the current one, or the latest that is still kept.</summary>
    [JsonIgnore]
    public SecretVersion? Latest => Current ?? Versions.LastOrDefault(version => version.State == VersionState.Previous);

    public static KeptSecret Read(string content) => JsonSerializer.Deserialize<KeptSecret>(content) ?? None;

    public string Write() => JsonSerializer.Serialize(this);

    public SecretVersion? Find(int number) => Versions.FirstOrDefault(version => version.Number == number);

    public SecretHolder? HolderOf(LeaseId lease) => Holders.FirstOrDefault(holder => holder.Lease == lease.Value);

    /// <summary>Whether a lease that was made then may know it though it has ended.</summary>
    public bool MayBeSharedSince(DateTimeOffset createTime) => SharedUntil is not { } until || until > createTime;

    public bool IsClaimed(DateTimeOffset now) => Pending is not null && Claim is { } claim && now < claim.Until;

    /// <summary>
    /// Somebody has put a value at the target, and this is it: the one before is kept, and so is the one that a rotation had begun to set, which may
    /// be what the target has. What ended leases owe is done with, until what they know is restored.
    /// </summary>
    public KeptSecret Put(SecretVersion version) => (this with
    {
        Versions =
        [
            .. Versions
                .Select(one => Holders.Any(holder => holder.IsEnded && holder.Version == one.Number) ? one with { IsKnown = true } : one)
                .Select(one => one.State is VersionState.Current or VersionState.Pending ? one with { State = VersionState.Previous } : one),
            version,
        ],
        Holders = [.. Holders.Where(holder => !holder.IsEnded)],
        Claim = Claim is { } claim ? claim with { Fence = claim.Fence + 1 } : null,
    }).Bounded();

    /// <summary>An earlier value takes the current one's place. Where ended leases know it, a rotation is owed from now on.</summary>
    public KeptSecret Restore(int number) => this with
    {
        Versions =
        [
            .. Versions.Select(one =>
                one.Number == number ? one with { State = VersionState.Current }
                : one.State == VersionState.Current ? one with { State = VersionState.Previous }
                : one),
        ],
    };

    public KeptSecret Destroy(int number) => this with
    {
        Versions = [.. Versions.Select(one => one.Number == number ? one.Destroy() : one)],
    };

    /// <summary>The same values, encrypted anew.</summary>
    public KeptSecret Reseal(IReadOnlyDictionary<int, string> values) => this with
    {
        Versions = [.. Versions.Select(one => values.TryGetValue(one.Number, out var value) ? one with { Value = value } : one)],
    };

    public KeptSecret Hold(LeaseId lease, int version) => this with
    {
        Holders = [.. Holders.Where(holder => holder.Lease != lease.Value), new SecretHolder(lease.Value, version, IsEnded: false)],
    };

    public KeptSecret End(LeaseId lease) => this with
    {
        Holders = [.. Holders.Select(holder => holder.Lease == lease.Value ? holder with { IsEnded = true } : holder)],
    };

    /// <summary>Others who hold the same see to it.</summary>
    public KeptSecret Release(LeaseId lease) => this with { Holders = [.. Holders.Where(holder => holder.Lease != lease.Value)] };

    /// <summary>Nobody sees to it while the version is not current; should it be again, a rotation is owed.</summary>
    public KeptSecret ReleaseKnown(LeaseId lease) => HolderOf(lease) is not { } known ? this : Release(lease) with
    {
        Versions = [.. Versions.Select(one => one.Number == known.Version ? one with { IsKnown = true } : one)],
    };

    /// <param name="until">When somebody else may take over.</param>
    /// <param name="pending">Null to go on with the one that is there.</param>
    public KeptSecret BeginRotation(DateTimeOffset until, SecretVersion? pending) => (this with
    {
        Versions = pending is null ? Versions : [.. Versions, pending],
        Claim = new RotationClaim((Claim?.Fence ?? 0) + 1, until),
    }).Bounded();

    /// <summary>The rotation waits for whoever tries next.</summary>
    public KeptSecret GiveBackClaim(DateTimeOffset now) => this with { Claim = Claim is { } claim ? claim with { Until = now } : null };

    /// <summary>The target has taken the pending value: every other one is destroyed, and nobody holds what the target takes.</summary>
    /// <param name="value">In the pending one's place, when the target has made its own; null for that one.</param>
    /// <param name="now">When the claim ends.</param>
    public KeptSecret FinishRotation(string? value, DateTimeOffset now) => (this with
    {
        Versions =
        [
            .. Versions.Select(one => one.State == VersionState.Pending
                ? one with { State = VersionState.Current, Value = value ?? one.Value, IsRotated = true }
                : one.Destroy()),
        ],
        Holders = [],
    }).GiveBackClaim(now).Bounded();

    private KeptSecret Bounded()
    {
        var kept = Versions.Where(one => one.State == VersionState.Previous).TakeLast(MaxPrevious).ToHashSet();
        var versions = Versions.Select(one => one.State == VersionState.Previous && !kept.Contains(one) ? one.Destroy() : one).ToList();
        versions.RemoveAll(one => one.State == VersionState.Destroyed && versions.Count > MaxVersions && one.Number <= versions[^1].Number - MaxVersions);
        return this with { Versions = versions };
    }
}

/// <param name="Lease">Its id.</param>
/// <param name="Version">What it was given.</param>
/// <param name="IsEnded">It has ended, and its holder still knows the value.</param>
internal sealed record SecretHolder(string Lease, int Version, bool IsEnded);

/// <param name="Fence">Grows with each claim, and ends what an earlier one would still write.</param>
/// <param name="Until">By the store's clock.</param>
internal sealed record RotationClaim(long Fence, DateTimeOffset Until);
