using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Api;
using SecretsBroker.Tests.Compat;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Api;

internal sealed class CallRulesTests
{
    private static IEnumerable<string> DeclaredMethods => typeof(LeaseService).Assembly.GetTypes()
        .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
        .OfType<Google.Protobuf.Reflection.ServiceDescriptor>()
        // Of a SPIFFE agent and of external engines, which the broker calls and does not serve.
        .Where(service => service.FullName is not ("SpiffeWorkloadAPI" or "secretsbroker.engine.v1.EngineService"))
        .SelectMany(service => service.Methods)
        .Select(NameOf);

    [TestCaseSource(nameof(DeclaredMethods))]
    public void Every_declared_method_has_a_rule(string method) =>
        Assert.That(CallRules.OfTheBroker.Of(method), Is.Not.Null);

    [TestCaseSource(nameof(DeclaredMethods))]
    public void Only_health_and_reflection_are_for_anybody(string method) =>
        Assert.That(
            CallRules.OfTheBroker.Of(method),
            method.StartsWith("/grpc.", StringComparison.Ordinal)
                ? Is.EqualTo(CallRule.Anonymous)
                : Is.EqualTo(CallRule.Authenticated).Or.EqualTo(CallRule.Operator));

    [Test]
    public void Every_rule_is_of_a_declared_method() =>
        Assert.That(CallRules.OfTheBroker.Methods, Is.EquivalentTo(DeclaredMethods));

    [Test]
    public async Task Methods_are_named_as_the_server_maps_them()
    {
        await using var server = await GrpcTestServer.StartAsync(
            app =>
            {
                app.MapStandardServices();
                app.MapGrpcService<TaskService.TaskServiceBase>();
                app.MapGrpcService<LeaseService.LeaseServiceBase>();
                app.MapGrpcService<DelegationService.DelegationServiceBase>();
                app.MapGrpcService<PolicyService.PolicyServiceBase>();
                app.MapGrpcService<RecheckService.RecheckServiceBase>();
                app.MapGrpcService<KillSwitchService.KillSwitchServiceBase>();
                app.MapGrpcService<TargetService.TargetServiceBase>();
                app.MapGrpcService<SecretService.SecretServiceBase>();
                app.MapGrpcService<AuditService.AuditServiceBase>();
                app.MapGrpcService<ApprovalService.ApprovalServiceBase>();
                app.MapGrpcService<ReviewService.ReviewServiceBase>();
            },
            services => services.AddStandardServices(
                TaskService.Descriptor,
                LeaseService.Descriptor,
                DelegationService.Descriptor,
                PolicyService.Descriptor,
                RecheckService.Descriptor,
                KillSwitchService.Descriptor,
                ApprovalService.Descriptor,
                ReviewService.Descriptor,
                TargetService.Descriptor,
                SecretService.Descriptor,
                AuditService.Descriptor));

        var mapped = server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName)
            .OfType<string>()
            .ToList();

        Assert.That(mapped, Is.EquivalentTo(CallRules.OfTheBroker.Methods));
    }

    private static string NameOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";
}
