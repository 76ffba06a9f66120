using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Client;

/// <summary>
/// Permission for another workload to act for a task. Tell that one the <see cref="Id"/>: it starts tasks with it
/// (<see cref="TaskOptions.DelegationId"/>). Disposing ends it with all that is beneath it; so does the end of its task.
/// </summary>
public sealed class BrokerDelegation : IAsyncDisposable
{
    private readonly BrokerConnection _connection;
    private int _ended;

    internal BrokerDelegation(BrokerConnection connection, Delegation delegation)
    {
        _connection = connection;
        Id = delegation.DelegationId;
        Delegate = delegation.Delegate;
        ExpireTime = delegation.Terms.ExpireTime.ToDateTimeOffset();
    }

    public string Id { get; }

    /// <summary>SPIFFE ID of the workload that may act.</summary>
    public string Delegate { get; }

    /// <summary>Until when, as it was given.</summary>
    public DateTimeOffset ExpireTime { get; }

    /// <summary>Makes it less; what is not said stays as it is. Once it returns, nothing outside is issued beneath it any more.</summary>
    /// <param name="scope">A part of what it holds.</param>
    /// <param name="expireTime">An earlier end.</param>
    /// <param name="maxUses">Fewer uses, those that were made counted.</param>
    /// <param name="moreHops">Fewer hops.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AccessDeniedException">It would become more.</exception>
    /// <exception cref="SecretsBrokerException">It has ended, or the broker was not reached.</exception>
    public async Task NarrowAsync(
        TaskScope? scope = null,
        DateTimeOffset? expireTime = null,
        int? maxUses = null,
        int? moreHops = null,
        CancellationToken cancellationToken = default)
    {
        var request = new NarrowDelegationRequest
        {
            DelegationId = Id,
            Scope = scope?.ToMessage(),
            ExpireTime = expireTime?.ToTimestamp(),
        };
        if (maxUses is { } uses)
        {
            request.MaxUses = uses;
        }

        if (moreHops is { } hops)
        {
            request.MoreHops = hops;
        }

        await _connection.CallAsync(call => _connection.Delegations.NarrowDelegationAsync(request, call), cancellationToken);
    }

    /// <summary>Ends it. Once it returns, nothing is issued beneath it any more.</summary>
    /// <param name="cancellationToken">Stops waiting; disposing then tries once more.</param>
    /// <exception cref="SecretsBrokerException">The broker was not reached: it ends with its task, or by its time.</exception>
    public async Task EndAsync(CancellationToken cancellationToken = default)
    {
        var request = new EndDelegationRequest { DelegationId = Id };
        await _connection.CallAsync(call => _connection.Delegations.EndDelegationAsync(request, call), cancellationToken);
        Volatile.Write(ref _ended, 1);
    }

    /// <summary>Ends it unless it was ended. Never throws for the broker's sake.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Volatile.Read(ref _ended) == 0)
            {
                await EndAsync();
            }
        }
        catch (SecretsBrokerException)
        {
            // It ends with its task.
        }
    }
}
