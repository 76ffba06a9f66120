using System.CommandLine;
using SecretsBroker.CommandLine.Kill;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Approvals;

/// <summary><c>broker review</c>: shows what was taken without the approval that policy demands, and closes it.</summary>
internal static class ReviewCommand
{
    public static Command Create() => new(
        "review",
        """
        What was taken without the approval that policy demands, by breaking the glass: somebody else has to look at it and say what was found.

          broker review list
          broker review close r-d-0… --comment 'the outage was real, INC-15'

        Exit codes: 0 it is done; 1 the arguments are wrong; 2 the broker could not be asked, or refused.
        """)
    {
        Listing(),
        Closing(),
    };

    private static Command Listing() => new Command("list", "Show the open reviews, the oldest first.")
        .Asking((broker, _, cancelled) => ListAsync(broker, cancelled));

    private static async Task<int> ListAsync(RemoteBroker broker, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new ReviewService.ReviewServiceClient(channel).ListReviewsAsync(new ListReviewsRequest(), options),
            cancellationToken);
        foreach (var review in answer.Reviews)
        {
            var (subject, intent) = (review.Subject, review.Subject.Intent);
            Output.Line($"{review.ReviewId}  {KillText.Of(review.CreateTime)}  {intent.Action} on {intent.Resource}, decision {review.DecisionId}");
            Output.Line($"  by {subject.Workload}, task {subject.TaskId}: {review.Justification}");
            Output.Line($"  without the approval of {string.Join(", ", review.ApprovalGroups)}");
        }

        if (answer.Reviews.Count == 0)
        {
            Output.Good("No review is open.");
        }
        else if (answer.Reviews.Count < answer.Open)
        {
            Output.Line($"… and {answer.Open - answer.Reviews.Count} more");
        }

        return BrokerCommand.Success;
    }

    private static Command Closing()
    {
        var id = new Argument<string>("id") { Description = "The review's id, as 'broker review list' shows it." };
        var comment = new Option<string?>("--comment") { Description = "What was found. Has to be given.", HelpName = "TEXT" };
        var remote = new RemoteOptions();
        var command = new Command("close", "Close a review. Not for who broke the glass, nor for whom it was done.") { id, comment };
        remote.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new CloseReviewRequest { ReviewId = parsed.GetRequiredValue(id), Comment = parsed.GetValue(comment) ?? "" };
            if (request.Comment.Length == 0)
            {
                Output.Faults("Nothing was closed:", ["--comment: say what was found"]);
                return Task.FromResult(BrokerCommand.Faulty);
            }

            return remote.RunAsync(parsed, (broker, cancelled) => CloseAsync(broker, request, cancelled), cancellationToken);
        });
        return command;
    }

    private static async Task<int> CloseAsync(RemoteBroker broker, CloseReviewRequest request, CancellationToken cancellationToken)
    {
        await broker.CallAsync(
            (channel, options) => new ReviewService.ReviewServiceClient(channel).CloseReviewAsync(request, options), cancellationToken);
        Output.Good($"Closed: {request.ReviewId}");
        return BrokerCommand.Success;
    }
}
