using Amazon.Runtime;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>
/// The denials among the inline policies of the target's role. Whether a session is over is measured by AWS's clock, as its policy is.
/// </summary>
internal sealed class RoleDenials(AwsTargetSettings settings, IamApi iam)
{
    /// <summary>How many old ones are taken away with one new one: it must not have to wait for long.</summary>
    private const int MaxRemoved = 5;

    /// <summary>Denies everything to the sessions of a lease, unless they are over.</summary>
    public async Task PutAsync(LeaseId lease, DateTimeOffset end, AWSCredentials credentials, CancellationToken cancellationToken)
    {
        var now = await FindTimeAsync(end, credentials, cancellationToken);
        if (SessionDenial.IsOver(end, now))
        {
            return;
        }

        var names = await iam.ListPoliciesAsync(credentials, cancellationToken);
        var over = names.Where(name => SessionDenial.IsOver(name, now)).Take(MaxRemoved).ToArray();
        if (names.Any(name => SessionDenial.IsOf(name, lease)))
        {
            return;
        }

        try
        {
            await iam.PutPolicyAsync(SessionDenial.NameOf(lease, end), SessionDenial.DocumentOf(lease), credentials, cancellationToken);
        }
        catch (AwsRefusalException e) when (e.Code == "LimitExceeded" && over.Length > 0)
        {
            await RemoveAsync(over, credentials, cancellationToken);
            await iam.PutPolicyAsync(SessionDenial.NameOf(lease, end), SessionDenial.DocumentOf(lease), credentials, cancellationToken);
            return;
        }

        await RemoveAsync(over, credentials, cancellationToken);
    }

    public async Task<SessionState> LookAsync(LeaseId lease, DateTimeOffset end, AWSCredentials credentials, CancellationToken cancellationToken)
    {
        if (SessionDenial.IsOver(end, await FindTimeAsync(end, credentials, cancellationToken)))
        {
            return SessionState.Over;
        }

        var names = await iam.ListPoliciesAsync(credentials, cancellationToken);
        return names.Any(name => SessionDenial.IsOf(name, lease)) ? SessionState.Denied : SessionState.Live;
    }

    /// <summary>Whether the role can be found and its policies be listed.</summary>
    public async Task CheckAsync(AWSCredentials credentials, CancellationToken cancellationToken)
    {
        await FindTimeAsync(DateTimeOffset.MaxValue, credentials, cancellationToken);
        await iam.ListPoliciesAsync(credentials, cancellationToken);
    }

    /// <summary>AWS's time, after a look at whether the role that policies are put on is the very one; for a session that is over, that does not matter.</summary>
    private async Task<DateTimeOffset> FindTimeAsync(DateTimeOffset end, AWSCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            var role = await iam.GetRoleAsync(credentials, cancellationToken);
            return role.Arn == settings.RoleArn || SessionDenial.IsOver(end, role.SeenTime)
                ? role.SeenTime
                : throw new EngineException(
                    "the role of that name in the account of the broker's key is another one than role_arn: early_revocation needs a key of the role's own account, "
                    + "and its whole path",
                    isTransient: false);
        }
        catch (AwsRefusalException e) when (e.Time is { } now && SessionDenial.IsOver(end, now))
        {
            // A role that was deleted, or a right that is missing: nothing is to be denied any more.
            return now;
        }
    }

    /// <summary>Makes room as well as it can: the next denial tries again.</summary>
    private async Task RemoveAsync(IEnumerable<string> over, AWSCredentials credentials, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var name in over)
            {
                await iam.DeletePolicyAsync(name, credentials, cancellationToken);
            }
        }
        catch (Exception e) when (AwsFailure.All.IsKnown(e))
        {
            // What was asked for is done, or fails for a reason of its own.
        }
    }
}

internal enum SessionState
{
    Live,
    Denied,
    Over,
}
