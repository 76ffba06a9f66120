using Grpc.Core;
using SecretsBroker.Identity;
using SecretsBroker.Identity.Keys;
using NewTask = SecretsBroker.Intents.NewTask;

namespace SecretsBroker.Api;

/// <summary>
/// On whose behalf a task is to be opened: verified by a token of theirs, or merely stated. What is stated can neither contradict the
/// token nor pass for what a token would have shown.
/// </summary>
internal sealed class InitiatorTokens(InitiatorVerifier verifier, AuthenticationFailureLog failures)
{
    /// <param name="task">As the caller states it.</param>
    /// <param name="field">Of the task in the request, with its dot: <c>new_task.</c>; empty for the request itself.</param>
    /// <param name="token">As sent; empty for none. It is not kept.</param>
    /// <param name="context">The call.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: the token is not believed, or the caller states another initiator.</exception>
    /// <exception cref="KeySourceException">The keys to check it with cannot be had.</exception>
    public async ValueTask<NewTask> ReadAsync(NewTask task, string field, string token, ServerCallContext context)
    {
        if (token.Length == 0)
        {
            return verifier.LooksVerified(task.Initiator)
                ? throw Errors.Invalid($"{field}initiator", "has the form of a verified initiator: send their token as initiator_token")
                : task;
        }

        var (initiator, fault, authority) = await verifier.VerifyAsync(token, context.CancellationToken);
        if (initiator is null)
        {
            failures.InitiatorRefused(context.Method, context.GetWorkload().Id, fault, authority, context.GetSourceAddress());
            throw fault == AuthenticationFault.KeysUnavailable
                ? new KeySourceException("the keys of an issuer of initiators cannot be had")
                : Errors.Invalid(
                    $"{field}initiator_token", "must be a token in force, from an issuer of initiators and for an audience that this broker knows");
        }

        string[] same = ["", initiator.Subject, initiator.Name, initiator.Text];
        return same.Contains(task.Initiator)
            ? task with { Initiator = initiator.Text, VerifiedInitiator = initiator }
            : throw Errors.Invalid($"{field}initiator", "is another than the token's; leave it out");
    }
}
