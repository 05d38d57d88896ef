/// What the parser makes of a whole query: names are not resolved yet.
struct QueryStatement: Sendable {
  struct CommonTable: Sendable {
    var name: Name
    var columns: [Name]
    var query: QueryStatement
  }
  var with: [CommonTable]
  var body: QueryBody
  var orderBy: [OrderItem]
  var limit: SyntaxExpression?
  var offset: SyntaxExpression?
  var range: SourceRange
}

enum SetOperation: String, Hashable, Sendable {
  case union = "UNION"
  case intersect = "INTERSECT"
  case except = "EXCEPT"
}

indirect enum QueryBody: Sendable {
  case select(SelectBlock)
  case combined(SetOperation, all: Bool, QueryBody, QueryBody, SourceRange)
  /// A query in parentheses.
  case nested(QueryStatement)
}

/// `SELECT … FROM … WHERE … GROUP BY … HAVING`
struct SelectBlock: Sendable {
  enum Item: Sendable {
    case expression(SyntaxExpression, alias: Name?)
    /// `*` or `t.*`
    case everything(qualifier: Name?, SourceRange)
  }
  var isDistinct: Bool
  var items: [Item]
  var from: [TableExpression]
  var filter: SyntaxExpression?
  /// Every key, as often as it is named.
  var groupBy: [SyntaxExpression]
  /// The keys of each grouping, by their places; nil: one grouping by all keys.
  var groupingSets: [[Int]]?
  var having: SyntaxExpression?
  var range: SourceRange
}

struct TableAlias: Sendable {
  var name: Name
  var columns: [Name]
}

enum OuterKind: String, Hashable, Sendable { case left, right, full }

indirect enum TableExpression: Sendable {
  enum JoinKind: Hashable, Sendable {
    case inner, cross
    case outer(OuterKind)
  }
  enum Condition: Sendable {
    case none
    case on(SyntaxExpression)
    case using([Name])
  }
  case named(Name, TableAlias?)
  case derived(QueryStatement, TableAlias?, SourceRange)
  case joined(JoinKind, TableExpression, TableExpression, Condition, SourceRange)
}

/// `OVER (PARTITION BY … ORDER BY …)`
struct WindowSpecification: Sendable {
  var partition: [SyntaxExpression]
  var order: [OrderItem]
  /// nil: to the row and its peers where there is an order, otherwise all of the partition.
  var frame: WindowFrame?
}

/// The rows of the partition that a window function sees.
enum WindowFrame: Hashable, Sendable {
  /// From so many rows after the row itself (before it where negative, the first one where nil) to so many after it.
  case rows(from: Int?, to: Int?)
  /// From the first row to the last one that the order does not tell from the row itself.
  case peers
  case partition
}

/// The type that CAST names.
enum CastTarget: Hashable, Sendable {
  case integer
  case decimal(scale: Int)
  case date
  case timestamp
  case text
}
