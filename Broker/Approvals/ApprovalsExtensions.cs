using SecretsBroker.Approvals.Notices;

namespace SecretsBroker.Approvals;

internal static class ApprovalsExtensions
{
    /// <summary>Approvals and reviews. Needs the store, policy and audit.</summary>
    public static IServiceCollection AddApprovals(this IServiceCollection services)
    {
        services.AddOptions<ApprovalOptions>().BindConfiguration(ApprovalOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ApprovalOptions>, ApprovalOptionsValidator>();
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddSingleton<NoticeQueue>();
        services.AddHostedService<WebhookSender>();
        services.AddSingleton<GlassBreaking>();
        services.AddSingleton<ReviewClosing>();
        services.AddSingleton<ApprovalVoting>();
        services.AddSingleton<ApprovalWatch>();
        services.AddSingleton<ApprovalCensus>();
        return services;
    }
}
