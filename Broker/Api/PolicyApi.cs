using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Catalog;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Trials;
using SecretsBroker.V1;
using PolicyQuestion = SecretsBroker.V1.PolicyQuestion;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.PolicyService</c>.</summary>
internal sealed class PolicyApi(
    OperatorGate gate, CurrentPolicies policies, CurrentCatalog catalog, CandidateLoader candidates, TimeProvider time)
    : PolicyService.PolicyServiceBase
{
    private const int DefaultPageSize = 50;
    private const int MaxPageSize = 200;
    private const int MaxPageCharacters = 1_000_000;
    private const int MaxExplanations = 500;
    private const int MaxQuestions = 50;

    private static readonly OperatorSubject Policies = OperatorSubject.Named("policies");

    public override async Task<GetPoliciesResponse> GetPolicies(GetPoliciesRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadPolicy, Policies);
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw Errors.Invalid("page_size", $"must lie between 1 and {MaxPageSize}, or be zero for {DefaultPageSize}");
        }

        var state = policies.State;
        var set = state.Snapshot.Set.Policies;
        var at = PolicyPageToken.Read(request.PageToken, state.Snapshot.Hash, set.Count);
        var end = Math.Min(at + (request.PageSize == 0 ? DefaultPageSize : request.PageSize), set.Count);
        var response = new GetPoliciesResponse
        {
            PolicyHash = state.Snapshot.Hash,
            LoadTime = state.LoadTime?.ToTimestamp(),
            PolicyCount = set.Count,
            LastRefusal = state.LastRefusal is { } refusal ? PolicyMapping.ToMessage(refusal) : null,
        };
        for (var size = 0; at < end && size < MaxPageCharacters; at++)
        {
            var policy = PolicyMapping.ToMessage(set[at]);
            response.Policies.Add(policy);
            size += policy.CalculateSize();
        }

        response.NextPageToken = at < set.Count ? PolicyPageToken.Of(state.Snapshot.Hash, at) : "";
        return response;
    }

    public override async Task<CheckPoliciesResponse> CheckPolicies(CheckPoliciesRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.SimulatePolicy, Policies);
        var (load, hash) = await LoadAsync(request.Sources, catalog.Snapshot, context);
        var response = new CheckPoliciesResponse { FaultCount = load.Faults.Count, PolicyHash = hash };
        response.Faults.Add(PolicyMapping.ToMessages(load.Faults));
        return response;
    }

    public override async Task<ExplainDecisionResponse> ExplainDecision(ExplainDecisionRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadPolicy, Policies);
        var question = Question(request.Question, "question");
        return PolicyMapping.ToMessage(
            new PolicyTrial(policies.Snapshot, catalog.Snapshot).Explain(question), MaxExplanations);
    }

    public override async Task<SimulatePoliciesResponse> SimulatePolicies(SimulatePoliciesRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.SimulatePolicy, Policies);
        if (request.Questions.Count is 0 or > MaxQuestions)
        {
            throw Errors.Invalid("questions", $"must be 1 to {MaxQuestions}");
        }

        var questions = request.Questions.Select((question, i) => Question(question, $"questions[{i}]")).ToArray();
        // Both answers come from one catalogue: a difference is the policies' doing.
        var known = catalog.Snapshot;
        var (load, _) = await LoadAsync(request.Sources, known, context);
        var response = new SimulatePoliciesResponse { FaultCount = load.Faults.Count };
        response.Faults.Add(PolicyMapping.ToMessages(load.Faults));
        if (load.Snapshot is { } candidate)
        {
            var comparison = new TrialComparison(new PolicyTrial(policies.Snapshot, known), new PolicyTrial(candidate, known));
            response.Simulations.Add(questions.Select(question => PolicyMapping.ToMessage(comparison.Compare(question))));
        }

        return response;
    }

    private async Task<(PolicyLoad Load, string Hash)> LoadAsync(
        IReadOnlyCollection<PolicySource> sources, CatalogSnapshot known, ServerCallContext context)
    {
        using var answerBy = context.AnswerBy(time);
        try
        {
            return await candidates.LoadAsync(PolicyMapping.ToFiles(sources), known, answerBy.Token) ?? throw Errors.CandidatesBusy();
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw Errors.CandidatesSlow();
        }
    }

    private TrialQuestion.OfAgent Question(PolicyQuestion? question, string field) =>
        PolicyMapping.ToQuestion(question ?? throw Errors.Invalid(field, "is required"), field, time.GetUtcNow());
}
