import ParleyBase

/// What the rules of release have to do with the conditions of a study. Every two of them are compared, in one form that is
/// put in order by how its parts are written, so that a text of a few kilobytes can ask for more than anybody waits for.
package final class JudgingWork {
  /// Parts of conditions that are read and put in order; about a second.
  package static let mostParts = 1_200_000

  private var texts: [Expression: String] = [:]
  /// Parts so far, the same ones again and again.
  package private(set) var parts = 0
  /// Expressions that were put into words so far.
  package private(set) var wordings = 0

  /// Queries that were bound so far: each is once for every study that is compiled.
  package private(set) var bindings = 0

  /// Nothing has been compared.
  package init() {}

  func noteBinding() { bindings += 1 }

  /// How it is written, which is found once: the language's own words for nested values are slow.
  func text(of expression: Expression) -> String {
    if let known = texts[expression] { return known }
    wordings += 1
    let text = "\(expression)"
    texts[expression] = text
    return text
  }

  /// - Parameter count: parts of a condition.
  package func take(_ count: Int) { parts += count }
  /// What conditions leave of a value could not be found out: nothing may rest on it.
  func giveUp() { hasGivenUp = true }
  private var hasGivenUp = false
  var isTooMuch: Bool { parts > Self.mostParts || hasGivenUp }

  /// - Throws: `plan/too-large`
  func check(_ source: Source) throws(ParleyError) {
    guard isTooMuch else { return }
    guard !hasGivenUp else {
      throw source.error(
        "plan/too-large",
        "the conditions of the study's queries have so many parts together that what values they leave is not found out",
        at: SourceRange(start: 0, end: 0),
        remedy:
          "write fewer alternatives (OR, IN, NOT …) about the columns of a sum and those beside them, or split the study"
      )
    }
    throw source.error(
      "plan/too-large",
      "the conditions of the study's queries, each two of which are compared under a minimum, have more than \(Self.mostParts) parts together",
      at: SourceRange(start: 0, end: 0),
      remedy:
        "write shorter conditions, and fewer of them: one WHERE clause for all queries over a table, IN (…) and BETWEEN instead of OR; or split the study"
    )
  }
}
