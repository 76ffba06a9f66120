using Grpc.Core;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Revocation;
using SecretsBroker.V1;
using Delegation = SecretsBroker.Intents.Delegations.Delegation;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.DelegationService</c>.</summary>
internal sealed class DelegationApi(
    IDelegationStore delegations, DelegationGiver giver, DelegationEnder ender, DelegationNarrower narrower)
    : DelegationService.DelegationServiceBase
{
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 200;

    public override async Task<CreateDelegationResponse> CreateDelegation(CreateDelegationRequest request, ServerCallContext context)
    {
        var offer = DelegationMapping.ToOffer(request);
        var given = await giver.GiveAsync(context.GetWorkload(), offer, context.GetSourceAddress(), context.CancellationToken);
        if (given.Fault != DelegationFault.None)
        {
            throw Errors.DelegationRefused(given.Fault);
        }

        return given.Status switch
        {
            GiveDelegationStatus.Given or GiveDelegationStatus.Repeated =>
                new CreateDelegationResponse { Delegation = DelegationMapping.ToMessage(given.Delegation!) },
            GiveDelegationStatus.TaskNotFound => throw Errors.NoSuchTask(),
            GiveDelegationStatus.TaskEnded => throw Errors.TaskEnded(),
            GiveDelegationStatus.TooMany => throw Errors.TooManyDelegations(),
            _ => throw Errors.DelegationConflict(),
        };
    }

    public override async Task<GetDelegationResponse> GetDelegation(GetDelegationRequest request, ServerCallContext context) =>
        new() { Delegation = DelegationMapping.ToMessage(await FindAsync(request.DelegationId, context)) };

    public override async Task<ListDelegationsResponse> ListDelegations(ListDelegationsRequest request, ServerCallContext context)
    {
        if (request.Side is DelegationSide.Unspecified || !Enum.IsDefined(request.Side))
        {
            throw Errors.Invalid("side", "must be GIVEN or RECEIVED");
        }

        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw Errors.Invalid("page_size", $"must lie between 1 and {MaxPageSize}, or be zero for {DefaultPageSize}");
        }

        DelegationPageToken? after = null;
        if (request.PageToken.Length > 0)
        {
            after = DelegationPageToken.TryParse(request.PageToken, out var token)
                ? token
                : throw Errors.Invalid("page_token", "must be one that the page before returned");
        }

        var page = await delegations.ListDelegationsAsync(
            context.GetWorkload().Id,
            request.Side == DelegationSide.Given,
            request.PageSize == 0 ? DefaultPageSize : request.PageSize,
            after,
            context.CancellationToken);
        var response = new ListDelegationsResponse { NextPageToken = page.Next?.ToString() ?? "" };
        response.Delegations.Add(page.Delegations.Select(DelegationMapping.ToMessage));
        return response;
    }

    public override async Task<EndDelegationResponse> EndDelegation(EndDelegationRequest request, ServerCallContext context)
    {
        var delegation = await FindAsync(request.DelegationId, context);
        var byDelegator = delegation.Delegator == context.GetWorkload().Id;
        await ender.EndAsync(delegation, byDelegator ? "ended by its delegator" : "given back by its delegate");
        return new EndDelegationResponse { Delegation = DelegationMapping.ToMessage(await FindAsync(request.DelegationId, context)) };
    }

    public override async Task<NarrowDelegationResponse> NarrowDelegation(NarrowDelegationRequest request, ServerCallContext context)
    {
        var cut = DelegationMapping.ToCut(request);
        var narrowed = await narrower.NarrowAsync(
            context.GetWorkload(),
            DelegationMapping.ToId(request.DelegationId),
            cut,
            context.GetSourceAddress(),
            context.CancellationToken) ?? throw Errors.NoSuchDelegation();
        if (narrowed.Fault != DelegationFault.None)
        {
            throw Errors.DelegationRefused(narrowed.Fault);
        }

        return narrowed.Status == NarrowDelegationStatus.Narrowed
            ? new NarrowDelegationResponse { Delegation = DelegationMapping.ToMessage(narrowed.Delegation!) }
            : throw Errors.DelegationOver();
    }

    /// <summary>One that the caller stands at either end of.</summary>
    private async Task<Delegation> FindAsync(string value, ServerCallContext context)
    {
        var delegation = await delegations.FindDelegationAsync(DelegationMapping.ToId(value), context.CancellationToken);
        var caller = context.GetWorkload().Id;
        return delegation is not null && (delegation.Delegator == caller || delegation.Delegate == caller)
            ? delegation
            : throw Errors.NoSuchDelegation();
    }
}
