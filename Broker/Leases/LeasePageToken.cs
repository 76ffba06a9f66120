using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SecretsBroker.Leases;

/// <summary>Where a page of leases, newest first, ended: <c>milliseconds-leaseid</c>. The same in every store.</summary>
/// <param name="CreateTime">The last lease's, in Unix milliseconds.</param>
/// <param name="Id">The last lease.</param>
internal readonly record struct LeasePageToken(long CreateTime, LeaseId Id)
{
    public static LeasePageToken After(Lease last) => new(last.CreateTime.ToUnixTimeMilliseconds(), last.Id);

    public static bool TryParse([NotNullWhen(true)] string? text, out LeasePageToken token)
    {
        token = default;
        if (text?.IndexOf('-', StringComparison.Ordinal) is not (> 0 and var dash)
            || !long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            || !LeaseId.TryParse(text[(dash + 1)..], out var id))
        {
            return false;
        }

        token = new LeasePageToken(time, id);
        return true;
    }

    public override string ToString() => $"{CreateTime}-{Id}";
}
