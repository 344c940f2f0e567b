package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io"
)

// printTables reads Go files and prints each row of constants that stands in a table of theirs, as
// one JSON text a line: {"file", "table", "row"}. A table is a variable or a function; a row is a
// composite literal, as a list or, where its fields are named, as a map. What is no constant is null,
// bare names are {"name": ...}.
func printTables(paths []string, out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			for table, node := range tablesOf(declaration) {
				for _, row := range rowsOf(node) {
					line := map[string]any{"file": path, "table": table, "row": row}
					if err := encoder.Encode(line); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func tablesOf(declaration ast.Decl) map[string]ast.Node {
	found := map[string]ast.Node{}
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		found[d.Name.Name] = d
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if values, ok := spec.(*ast.ValueSpec); ok {
				for i, value := range values.Values {
					found[values.Names[i].Name] = value
				}
			}
		}
	}
	return found
}

// rowsOf is the elements of the outermost literals of lists and maps below node.
func rowsOf(node ast.Node) []any {
	rows := []any{}
	ast.Inspect(node, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch literal.Type.(type) {
		case *ast.ArrayType, *ast.MapType, *ast.Ident:
			for _, element := range literal.Elts {
				rows = append(rows, rowOf(element))
			}
			return false
		}
		return true
	})
	return rows
}

func rowOf(element ast.Expr) any {
	if pair, ok := element.(*ast.KeyValueExpr); ok {
		return []any{valueOf(pair.Key), valueOf(pair.Value)}
	}
	return valueOf(element)
}

func valueOf(expression ast.Expr) any {
	if value := constantOf(expression); value != nil {
		return value
	}
	switch e := expression.(type) {
	case *ast.Ident:
		switch e.Name {
		case "true":
			return true
		case "false":
			return false
		}
		return map[string]any{"name": e.Name}
	case *ast.CompositeLit:
		return compositeOf(e)
	case *ast.CallExpr:
		if _, isConversion := e.Fun.(*ast.ArrayType); isConversion && len(e.Args) == 1 {
			return valueOf(e.Args[0])
		}
	}
	return nil
}

func compositeOf(literal *ast.CompositeLit) any {
	named, list := map[string]any{}, []any{}
	for _, element := range literal.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			list = append(list, valueOf(element))
			continue
		}
		name, ok := pair.Key.(*ast.Ident)
		if !ok {
			return nil
		}
		named[name.Name] = valueOf(pair.Value)
	}
	if len(named) > 0 {
		return named
	}
	return list
}

// constantOf is the value of a constant expression, nil for any other. Texts that are no UTF-8 are
// {"bytes": base64}.
func constantOf(expression ast.Expr) any {
	switch e := expression.(type) {
	case *ast.BasicLit:
		return plainConstant(constant.MakeFromLiteral(e.Value, e.Kind, 0))
	case *ast.ParenExpr:
		return constantOf(e.X)
	case *ast.UnaryExpr:
		if value := literalOf(e.X); value != nil && e.Op == token.SUB {
			return plainConstant(constant.UnaryOp(e.Op, value, 0))
		}
	case *ast.BinaryExpr:
		left, isText := constantOf(e.X).(string)
		right, isTextToo := constantOf(e.Y).(string)
		if e.Op == token.ADD && isText && isTextToo {
			return left + right
		}
	}
	return nil
}

func literalOf(expression ast.Expr) constant.Value {
	if literal, ok := expression.(*ast.BasicLit); ok {
		return constant.MakeFromLiteral(literal.Value, literal.Kind, 0)
	}
	return nil
}

func plainConstant(value constant.Value) any {
	switch value.Kind() {
	case constant.String:
		text := constant.StringVal(value)
		if encoded, err := json.Marshal(text); err != nil || !sameText(encoded, text) {
			return map[string]any{"bytes": []byte(text)}
		}
		return text
	case constant.Int, constant.Float:
		number, _ := constant.Float64Val(value)
		if _, err := json.Marshal(number); err != nil {
			return fmt.Sprint(number)
		}
		return number
	}
	return nil
}

func sameText(encoded []byte, text string) bool {
	var back string
	return json.Unmarshal(encoded, &back) == nil && back == text
}
