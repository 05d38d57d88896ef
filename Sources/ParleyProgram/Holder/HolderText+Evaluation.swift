internal import BigInt
package import ParleyBase

extension HolderText {
  /// What it is where all columns are NULL; nil for NULL.
  /// - Throws: `plan/formula` for a text that does not fit the table.
  package func ofNulls(in schema: TableSchema) throws(ParleyError) -> String? {
    _ = try HolderFormula.textIsNull(self).facts(in: schema)
    let texts = try FormulaRun(data: .nulls(schema), schema: schema, digester: nil).texts(self)
    return texts.isNull?[0] == true ? nil : texts[0]
  }
}

extension TableData {
  /// One row without any value.
  package static func nulls(_ schema: TableSchema) -> TableData {
    TableData(
      rowCount: 1, columns: schema.columns.map { _ in Column(values: [0], isNull: [true], texts: [""]) })
  }
}

/// Texts of all rows.
extension FormulaRun {
  /// A text for every row, or one for all.
  struct Texts {
    enum Rows {
      case each([String])
      case all(String)
      /// Positions in a list.
      case listed([String], [Int64])
    }
    var rows: Rows
    var isNull: [Bool]?
    var count: Int

    subscript(row: Int) -> String {
      switch rows {
      case .each(let texts): texts[row]
      case .all(let text): text
      case .listed(let texts, let positions):
        texts.indices.contains(Int(positions[row])) ? texts[Int(positions[row])] : ""
      }
    }

    /// Once for each text of a list, not once for each row.
    func map<T>(_ body: (String) -> T) -> [T] {
      switch rows {
      case .each(let texts): return texts.map(body)
      case .all(let text): return Array(repeating: body(text), count: count)
      case .listed(let texts, let positions):
        let results = texts.map(body)
        let outside = body("")
        return positions.map { results.indices.contains(Int($0)) ? results[Int($0)] : outside }
      }
    }
  }

  func texts(_ text: HolderText) throws(ParleyError) -> Texts {
    switch text {
    case .column(let name):
      let column = try data.column(name, schema)
      let isNull = column.isNull.isEmpty ? nil : column.isNull
      if case .category(let values) = try schema.column(named: name).type {
        return Texts(rows: .listed(values, column.values), isNull: isNull, count: count)
      }
      return Texts(rows: .each(column.texts), isNull: isNull, count: count)
    case .literal(let text): return Texts(rows: .all(text), isNull: nil, count: count)
    case .substring(let inner, let from, let length):
      return changed(try texts(inner)) { Self.substring($0, from: from, length: length) }
    case .null: return Texts(rows: .all(""), isNull: Array(repeating: true, count: count), count: count)
    case .changed(let inner, let function): return changed(try texts(inner)) { function.applied(to: $0) }
    case .joined(let parts): return try joined(parts)
    case .choose(let branches, let otherwise):
      var result = try texts(otherwise)
      for branch in branches.reversed() {
        let condition = try values(branch.condition)
        let bits = bits(condition)
        let applies = (0..<count).map { bits[$0] == 1 && !(condition.isNull?[$0] ?? false) }
        result = choose(applies, try texts(branch.text), result)
      }
      return result
    case .coalesce(let parts):
      var result = try texts(.null)
      for part in parts {
        guard let missing = result.isNull else { break }
        result = choose(missing, try texts(part), result)
      }
      return result
    case .shown(let value, let format): return shown(try values(value), format)
    }
  }

  private func changed(_ texts: Texts, _ change: (String) -> String) -> Texts {
    var texts = texts
    switch texts.rows {
    case .each(let rows): texts.rows = .each(rows.map(change))
    case .all(let text): texts.rows = .all(change(text))
    case .listed(let list, let positions): texts.rows = .listed(list.map(change), positions)
    }
    return texts
  }

  private func joined(_ parts: [HolderText]) throws(ParleyError) -> Texts {
    var rows = Array(repeating: "", count: count)
    var isNull: [Bool]?
    for part in parts {
      let texts = try texts(part)
      for row in rows.indices { rows[row] += texts[row] }
      isNull = either(isNull, texts.isNull)
    }
    return Texts(rows: .each(rows), isNull: isNull, count: count)
  }

  private func choose(_ condition: [Bool], _ x: Texts, _ y: Texts) -> Texts {
    var isNull: [Bool]?
    if x.isNull != nil || y.isNull != nil {
      let nulls = condition.indices.map { condition[$0] ? x.isNull?[$0] ?? false : y.isNull?[$0] ?? false }
      if nulls.contains(true) { isNull = nulls }
    }
    return Texts(
      rows: .each(condition.indices.map { condition[$0] ? x[$0] : y[$0] }), isNull: isNull, count: count)
  }

  private func shown(_ values: HolderValues, _ format: Program.ResultTable.Format) -> Texts {
    let rows: [String] =
      switch (values.numbers, format) {
      case (.words(let words), .integer): words.map { String($0) }
      case (.words(let words), .boolean): words.map { $0 == 1 ? "true" : "false" }
      case (.words(let words), _): words.map { format.shown(BigInt($0)) }
      case (.wide(let wide), _): wide.map(format.shown)
      }
    return Texts(rows: .each(rows), isNull: values.isNull, count: count)
  }

  static func substring(_ text: String, from: Int, length: Int?) -> String {
    let scalars = text.unicodeScalars
    var skipped = max(from, 1) - 1
    var kept = Int.max
    if let length {
      // Positions below 1 count, and hold nothing.
      let (end, overflowed) = from.addingReportingOverflow(length)
      kept = overflowed ? Int.max : max(0, end - max(from, 1))
    }
    skipped = min(skipped, scalars.count)
    return String(String.UnicodeScalarView(scalars.dropFirst(skipped).prefix(kept)))
  }
}
