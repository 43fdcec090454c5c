module example.org/front

go 1.22
